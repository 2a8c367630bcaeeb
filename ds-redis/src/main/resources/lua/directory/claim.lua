-- Hands out one KeyPackage of the first kind that has a match: the single-use one with these
-- features that expires first, else the last resort. An expired one is never handed out.
-- Returns {sealed package, number of single-use ones left of its kind, how many claims were given
-- this last resort, this one included, or 0 for a single-use one}, or, when none matches, {1 if there
-- are KeyPackages of other kinds or 0}.
-- KEYS[1..8] and ARGV[1] are bound by kinds.lua.
local only_these = ARGV[2] == '1' -- 1 if only these features match or 0
local last_resort_only = ARGV[3] == '1' -- 1 for a last resort only or 0
local kind_count = tonumber(ARGV[4])
local FIXED = 4 -- then the kinds in order of preference, then keyed hashes of features

local known = all_classes()
local classes = known
if only_these then
    -- The empty class is a KeyPackage of another version, whose features are unknown. Claims name
    -- it.
    classes = {''}
    for i = FIXED + kind_count + 1, #ARGV do
        classes[#classes + 1] = ARGV[i]
    end
end
local allowed = {}
for _, class in ipairs(classes) do
    allowed[class] = true
end

-- The matching member that expires first; of several, the oldest.
local function first(kind)
    local best, best_order
    for _, class in ipairs(classes) do
        local range = kind .. '|' .. class
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

for i = FIXED + 1, FIXED + kind_count do
    local kind = ARGV[i]
    if call('HEXISTS', kinds, kind) == 1 then
        local member = not last_resort_only and first(kind)
        if member then
            local package = sealed(mark_of(member))
            remove_members({member})
            return {package, remaining(kind, known), 0}
        end
        local class, mark = last_resort(kind)
        if mark and allowed[class] then
            return {sealed(mark), 0, call('HINCRBY', kinds, claims_of(kind), 1)}
        end
    end
end

for _, kind in ipairs(all_kinds()) do
    if last_resort(kind) or remaining(kind, known) > 0 then
        return {1}
    end
end
return {0}
