-- Stores KeyPackages of one client, whose refs no other client has, unless the device was revoked.
-- Returns one 1 (stored), 0 (published before), 2 (too many) or 3 (its init_key is that of another)
-- per package, in order. Returns {-1} and does nothing when a revocation has ended the client's grant.
-- KEYS[1..8] and ARGV[1] are bound by kinds.lua.
local client = ARGV[2] -- the client's pseudonym
local device = ARGV[3] -- sealed device name
local issued = ARGV[4] -- milliseconds when the client's grant was issued, or empty: a later
-- revocation ends it
local per_kind = tonumber(ARGV[5]) -- maximum of single-use ones per kind
local replace = ARGV[6] == '1' -- 1 to replace all others of these kinds
local kinds_max = tonumber(ARGV[7])
local features_max = tonumber(ARGV[8]) -- distinct features
local refs_max = tonumber(ARGV[9]) -- refs remembered
local count_max = tonumber(ARGV[10]) -- packages in total
local bytes_max = tonumber(ARGV[11]) -- of the packages
local devices_max = tonumber(ARGV[12]) -- devices of the user
local offered = tonumber(ARGV[13]) -- number of distinct features in this call
local FIXED = 13 -- then the pairs of keyed hash and sealed features, then FIELDS per package: ref
-- mark, kind, 1 for last resort or 0, expiry in milliseconds (16 digits), keyed hash of its
-- features or empty, sealed package, keyed hash of its init_key or empty
local FIELDS = 7

local from = FIXED + 2 * offered + 1

local revoked = call('HGET', revocations, client)
if revoked and (issued == '' or tonumber(issued) <= tonumber(revoked)) then
    return {-1}
end

-- The key expires with its last element.
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
-- The scores of members of a sorted set; absent for those that are not in it.
local function scores(key, members)
    local found = {}
    for i = 1, #members, AT_ONCE do
        local some = {unpack(members, i, math.min(i + AT_ONCE - 1, #members))}
        for o, score in ipairs(call('ZMSCORE', key, unpack(some))) do
            found[some[o]] = score
        end
    end
    return found
end
local published = scores(refs, marks)
local init_marks = {}
for i = from + FIELDS - 1, #ARGV, FIELDS do
    init_marks[#init_marks + 1] = ARGV[i]
end
local init_key_expiry = scores(init_keys, init_marks)

if replace then
    local cleared = {}
    for i = from, #ARGV, FIELDS do
        staying[ARGV[i]] = true
    end
    for i = from, #ARGV, FIELDS do
        local kind = ARGV[i + 1]
        if not cleared[kind] then
            cleared[kind] = true
            remove_kind(kind, staying)
            local _, last = last_resort(kind)
            if not last or not staying[last] then
                remove_last_resort(kind)
            end
        end
    end
end

-- When no slot is free, features that no package has any more are removed.
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
    for _, kind in ipairs(all_kinds()) do
        local class = last_resort(kind)
        used[class or ''] = true
    end
    for class in pairs(known) do
        for _, kind in ipairs(used[class] and {} or all_kinds()) do
            local range = kind .. '|' .. class
            local low, high = '[' .. range .. '|', '(' .. range .. '}'
            if call('ZRANGEBYLEX', index, low, high, 'LIMIT', 0, 1)[1] then
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

-- A kind that is added here keeps its slot. The remaining packages of each kind are counted once.
local kind_names, kind_count = {}, 0
for _, kind in ipairs(all_kinds()) do
    kind_names[kind] = true
    kind_count = kind_count + 1
end
local function has_kind(kind)
    if not kind_names[kind] and kind_count < kinds_max then
        call('HSET', kinds, kind, '')
        kind_names[kind] = true
        kind_count = kind_count + 1
    end
    return kind_names[kind]
end
local singles = {}
local classes = all_classes()
local function single_use(kind)
    if not singles[kind] then
        singles[kind] = remaining(kind, classes)
    end
    return singles[kind]
end

local ref_count = call('ZCARD', refs)
local count = tonumber(call('HGET', packages, '#c') or 0)
local bytes = tonumber(call('HGET', packages, '#b') or 0)
local number = tonumber(call('HGET', kinds, 'n') or 0)
local latest, seen = '', {}
local new_members, new_values, new_refs, new_init_keys = {}, {}, {}, {}
local refs_at, init_keys_at = 0, 0
for i = from, #ARGV, FIELDS do
    local mark, kind, last, expiry = ARGV[i], ARGV[i + 1], ARGV[i + 2] == '1', ARGV[i + 3]
    local class, package, init_mark = ARGV[i + 4], ARGV[i + 5], ARGV[i + 6]
    local outcome = 1
    if seen[mark] then
        outcome = 0
    elseif published[mark] then
        outcome = (replace and call('HEXISTS', packages, mark) == 1) and 1 or 0
    elseif init_mark ~= '' and tonumber(init_key_expiry[init_mark] or 0) > now then
        outcome = 3
    elseif ref_count >= refs_max or count >= count_max or bytes + #package > bytes_max
        or not has_kind(kind) or not has_features(class)
        or (not last and single_use(kind) >= per_kind) then
        outcome = 2
    else
        if last then
            local before = call('HGET', kinds, kind)
            if before ~= '' then
                count, bytes = count - 1, bytes - tonumber(string.match(before, '(%d+)$'))
                remove_last_resort(kind)
            end
            call('HSET', kinds, kind,
                class .. '|' .. expiry .. '|' .. mark .. '|' .. string.format('%08d', #package))
            call('HSET', packages, mark, kind .. '|L\n' .. package)
            account(1, #package)
        else
            number = number + 1
            local member = kind .. '|' .. class .. '|' .. expiry .. '|'
                .. string.format('%016.0f', number) .. '|' .. mark .. '|'
                .. string.format('%08d', #package)
            local at = #new_members
            new_members[at + 1], new_members[at + 2] = '0', member
            new_values[at + 1], new_values[at + 2] = mark, member .. '\n' .. package
            if expiry >= soonest then
                singles[kind] = single_use(kind) + 1
            end
        end
        count, bytes, ref_count = count + 1, bytes + #package, ref_count + 1
        new_refs[refs_at + 1], new_refs[refs_at + 2] = expiry, mark
        refs_at = refs_at + 2
        if init_mark ~= '' then
            new_init_keys[init_keys_at + 1], new_init_keys[init_keys_at + 2] = expiry, init_mark
            init_keys_at = init_keys_at + 2
            init_key_expiry[init_mark] = expiry
        end
        latest = expiry > latest and expiry or latest
    end
    seen[mark] = true
    outcomes[#outcomes + 1] = outcome
end
if latest ~= '' then
    bulk('ZADD', index, new_members)
    bulk('HSET', packages, new_values)
    bulk('ZADD', refs, new_refs)
    bulk('ZADD', init_keys, new_init_keys)
    call('HSET', kinds, 'n', string.format('%.0f', number))
    call('HSET', packages, '#c', count, '#b', string.format('%.0f', bytes))
    latest = string.format('%.0f', math.max(tonumber(latest), now + 1000))
    keep(packages, latest)
    -- Each counted package is in the index or is a last resort: both keys expire together.
    call('PEXPIRE', index, call('PTTL', packages))
    keep(refs, latest)
    if init_keys_at > 0 then
        keep(init_keys, latest)
    end
    keep(features, latest)
end
return outcomes
