-- Hands out one KeyPackage: of the first shelf that has one of these features the one that ends soonest,
-- else its last resort. An expired one is never handed out.
-- Answers {sealed package, how many single-use ones are left on its shelf}, or, when there is none,
-- {how many KeyPackages there are of other kinds}.
-- KEYS[1..7], ARGV[1] as in shelves.lua
-- ARGV[2] 1 if only these features will do or 0, ARGV[3] 1 for a last resort only or 0, ARGV[4] how many
-- shelves, ARGV[5..] the shelves in order of preference, then keyed hashes of features
local shelf_count = tonumber(ARGV[4])
local known = all_classes()
local classes = known
if ARGV[2] == '1' then
    -- Empty is what nothing is known of: another version, which is asked for by name.
    classes = {''}
    for i = 5 + shelf_count, #ARGV do
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

for i = 5, 4 + shelf_count do
    local shelf = ARGV[i]
    if call('HEXISTS', shelves, shelf) == 1 then
        local member = ARGV[3] ~= '1' and first(shelf)
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
