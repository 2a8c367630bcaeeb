-- Shelves KeyPackages of one client, whose refs no other client has, unless the device was revoked.
-- Answers one 1 (shelved), 0 (published before) or 2 (too many) per package, in order; {-1} and does nothing
-- when what the client may do ended by a revocation.
-- KEYS[1..7] and ARGV[1] are bound by shelves.lua.
local client = ARGV[2] -- the client's pseudonym
local device = ARGV[3] -- sealed device name
local issued = ARGV[4] -- milliseconds since when the client may do this, or empty: a revocation since then
-- ends it
local per_shelf = tonumber(ARGV[5]) -- how many single-use ones per shelf
local replace = ARGV[6] == '1' -- 1 to replace what else is on these shelves
local shelves_max = tonumber(ARGV[7])
local features_max = tonumber(ARGV[8]) -- different features
local refs_max = tonumber(ARGV[9]) -- refs remembered
local count_max = tonumber(ARGV[10]) -- packages in all
local bytes_max = tonumber(ARGV[11]) -- of the packages
local devices_max = tonumber(ARGV[12]) -- devices of the user
local offered = tonumber(ARGV[13]) -- how many different features there are in this call
local FIXED = 13 -- then the pairs of keyed hash and sealed features, then FIELDS per package: ref
-- mark, shelf, 1 for last resort or 0, expiry in milliseconds (16 digits), keyed hash of its features or
-- empty, sealed package
local FIELDS = 6

local from = FIXED + 2 * offered + 1

local revoked = call('HGET', revocations, client)
if revoked and (issued == '' or tonumber(issued) <= tonumber(revoked)) then
    return {-1}
end

-- The key lives as long as the longest-lived in it.
local function keep(key, expires)
    if call('PTTL', key) < 0 then
        call('PEXPIREAT', key, expires)
    else
        call('PEXPIREAT', key, expires, 'GT')
    end
end

prune(64)
local outcomes = {}
if call('HEXISTS', devices, client) == 0 and call('HLEN', devices) >= devices_max then
    for i = from, #ARGV, FIELDS do
        outcomes[#outcomes + 1] = 2
    end
    return outcomes
end
call('HSETNX', devices, client, device)

local marks, staying = {}, {}
for i = from, #ARGV, FIELDS do
    marks[#marks + 1] = ARGV[i]
end
local published = {}
for i = 1, #marks, AT_ONCE do
    local some = {unpack(marks, i, math.min(i + AT_ONCE - 1, #marks))}
    for o, score in ipairs(call('ZMSCORE', refs, unpack(some))) do
        published[some[o]] = score
    end
end

if replace then
    local cleared = {}
    for i = from, #ARGV, FIELDS do
        staying[ARGV[i]] = true
    end
    for i = from, #ARGV, FIELDS do
        local shelf = ARGV[i + 1]
        if not cleared[shelf] then
            cleared[shelf] = true
            take_shelf_off(shelf, staying)
            local _, last = last_resort(shelf)
            if not last or not staying[last] then
                take_last_resort_off(shelf)
            end
        end
    end
end

-- Features: those that no package has any more give up their place when there is none.
local sealed_features, known, known_count = {}, {}, 0
for i = FIXED + 1, from - 1, 2 do
    sealed_features[ARGV[i]] = ARGV[i + 1]
end
for _, class in ipairs(call('HKEYS', features)) do
    known[class] = true
    known_count = known_count + 1
end
local function tidy_features()
    local used = {}
    for _, shelf in ipairs(all_shelves()) do
        local class = last_resort(shelf)
        used[class or ''] = true
    end
    for class in pairs(known) do
        for _, shelf in ipairs(used[class] and {} or all_shelves()) do
            local range = shelf .. '|' .. class
            if call('ZRANGEBYLEX', index, '[' .. range .. '|', '(' .. range .. '}', 'LIMIT', 0, 1)[1] then
                used[class] = true
                break
            end
        end
    end
    for class in pairs(known) do
        if not used[class] then
            call('HDEL', features, class)
            known[class] = nil
            known_count = known_count - 1
        end
    end
end
local tidied = false
local function has_features(class)
    if class == '' or known[class] then
        return true
    end
    if known_count >= features_max and not tidied then
        tidied = true
        tidy_features()
    end
    if known_count < features_max then
        call('HSET', features, class, sealed_features[class])
        known[class] = true
        known_count = known_count + 1
        return true
    end
    return false
end

-- Shelves that are made here keep their place; what is left of each is counted once.
local shelf_names, shelf_count = {}, 0
for _, shelf in ipairs(all_shelves()) do
    shelf_names[shelf] = true
    shelf_count = shelf_count + 1
end
local function has_shelf(shelf)
    if not shelf_names[shelf] and shelf_count < shelves_max then
        call('HSET', shelves, shelf, '')
        shelf_names[shelf] = true
        shelf_count = shelf_count + 1
    end
    return shelf_names[shelf]
end
local singles = {}
local classes = all_classes()
local function single_use(shelf)
    if not singles[shelf] then
        singles[shelf] = left(shelf, classes)
    end
    return singles[shelf]
end

local ref_count = call('ZCARD', refs)
local count = tonumber(call('HGET', packages, '#c') or 0)
local bytes = tonumber(call('HGET', packages, '#b') or 0)
local number = tonumber(call('HGET', shelves, 'n') or 0)
local latest, seen = '', {}
local new_members, new_values, new_refs = {}, {}, {}
for i = from, #ARGV, FIELDS do
    local mark, shelf, last, expiry = ARGV[i], ARGV[i + 1], ARGV[i + 2] == '1', ARGV[i + 3]
    local class, package = ARGV[i + 4], ARGV[i + 5]
    local outcome = 1
    if seen[mark] then
        outcome = 0
    elseif published[mark] then
        outcome = (replace and call('HEXISTS', packages, mark) == 1) and 1 or 0
    elseif ref_count >= refs_max or count >= count_max or bytes + #package > bytes_max
        or not has_shelf(shelf) or not has_features(class)
        or (not last and single_use(shelf) >= per_shelf) then
        outcome = 2
    else
        if last then
            local before = call('HGET', shelves, shelf)
            if before ~= '' then
                count, bytes = count - 1, bytes - tonumber(string.match(before, '(%d+)$'))
                take_last_resort_off(shelf)
            end
            call('HSET', shelves, shelf,
                class .. '|' .. expiry .. '|' .. mark .. '|' .. string.format('%08d', #package))
            call('HSET', packages, mark, shelf .. '|L\n' .. package)
            account(1, #package)
        else
            number = number + 1
            local member = shelf .. '|' .. class .. '|' .. expiry .. '|'
                .. string.format('%016.0f', number) .. '|' .. mark .. '|'
                .. string.format('%08d', #package)
            new_members[#new_members + 1] = '0'
            new_members[#new_members + 1] = member
            new_values[#new_values + 1] = mark
            new_values[#new_values + 1] = member .. '\n' .. package
            if expiry >= soonest then
                singles[shelf] = single_use(shelf) + 1
            end
        end
        count, bytes, ref_count = count + 1, bytes + #package, ref_count + 1
        new_refs[#new_refs + 1] = expiry
        new_refs[#new_refs + 1] = mark
        latest = expiry > latest and expiry or latest
    end
    seen[mark] = true
    outcomes[#outcomes + 1] = outcome
end
if latest ~= '' then
    bulk('ZADD', index, new_members)
    bulk('HSET', packages, new_values)
    bulk('ZADD', refs, new_refs)
    call('HSET', shelves, 'n', string.format('%.0f', number))
    call('HSET', packages, '#c', count, '#b', string.format('%.0f', bytes))
    latest = string.format('%.0f', math.max(tonumber(latest), now + 1000))
    keep(packages, latest)
    -- What is counted in the packages is in the index or a last resort: they go together.
    call('PEXPIRE', index, call('PTTL', packages))
    keep(refs, latest)
    keep(features, latest)
end
return outcomes
