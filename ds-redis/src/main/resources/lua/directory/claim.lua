-- Hands out one KeyPackage: of the first shelf that has one of these features the one that ends soonest,
-- else its last resort. An expired one is never handed out.
-- Answers {sealed package, how many single-use ones are left on its shelf}, or, when there is none,
-- {how many KeyPackages there are of other kinds}.
-- KEYS[1..7] and ARGV[1] are bound by shelves.lua.
local only_these = ARGV[2] == '1' -- 1 if only these features will do or 0
local last_resort_only = ARGV[3] == '1' -- 1 for a last resort only or 0
local shelf_count = tonumber(ARGV[4])
local FIXED = 4 -- then the shelves in order of preference, then keyed hashes of features

local known = all_classes()
local classes = known
if only_these then
    -- Empty is what nothing is known of: another version, which is asked for by name.
    classes = {''}
    for i = FIXED + shelf_count + 1, #ARGV do
        classes[#classes + 1] = ARGV[i]
    end
end
local allowed = {}
for _, class in ipairs(classes) do
    allowed[class] = true
end

-- Of the members that will do the one that ends soonest, of these the oldest.
local function first(shelf)
    local best, best_order
    for _, class in ipairs(classes) do
        local range = shelf .. '|' .. class
        local member = call('ZRANGEBYLEX', index,
            '[' .. range .. '|' .. soonest, '(' .. range .. '}', 'LIMIT', 0, 1)[1]
        if member then
            -- Expiry and number.
            local order = string.sub(member, -75, -43)
            if not best or order < best_order then
                best, best_order = member, order
            end
        end
    end
    return best
end

local function sealed(mark)
    local value = call('HGET', packages, mark)
    return value and string.sub(value, string.find(value, '\n', 1, true) + 1)
end

for i = FIXED + 1, FIXED + shelf_count do
    local shelf = ARGV[i]
    if call('HEXISTS', shelves, shelf) == 1 then
        local member = not last_resort_only and first(shelf)
        if member then
            local package = sealed(mark_of(member))
            take_off({member})
            return {package, left(shelf, known)}
        end
        local class, mark = last_resort(shelf)
        if mark and allowed[class] then
            return {sealed(mark), 0}
        end
    end
end

for _, shelf in ipairs(all_shelves()) do
    if last_resort(shelf) or left(shelf, known) > 0 then
        return {1}
    end
end
return {0}
