-- Shared by the scripts on one client's KeyPackages; prepended to each of them. A *kind* is one
-- version and one suite: `<version>.<suite>`.
--
-- No script opens a sealed KeyPackage to find its kind: the index and the record of a last resort
-- contain it. A member of the index begins with what a claim selects by and continues with what
-- orders the matches, so the first member of a range is the one to hand out.
local index = KEYS[1] -- sorted set, every score 0: a member for each single-use KeyPackage,
-- <kind>|<features>|<expiry>|<number>|<ref mark>|<bytes> (features: keyed hash, empty where nothing
-- is known of them; expiry in milliseconds and number have 16 digits, the ref mark 32 hexadecimal
-- ones, bytes 8)
local packages = KEYS[2] -- hash: ref mark -> member of the index, or kind|L, a line feed, sealed
-- KeyPackage; '#b' -> bytes of all sealed KeyPackages, '#c' -> how many there are
local kinds = KEYS[3] -- hash: kind -> its last resort as <features>|<expiry>|<ref mark>|<bytes>, or
-- empty; 'n' -> last number given; 'u' and a kind with a colon -> how many claims were given its last
-- resort
local refs = KEYS[4] -- sorted set: every ref mark ever published here and not expired, by expiry
local features = KEYS[5] -- hash: keyed hash -> sealed features
local devices = KEYS[6] -- hash, devices of the user: client's pseudonym -> sealed device name
local revocations = KEYS[7] -- hash, revoked devices of the user: client's pseudonym -> milliseconds
local init_keys = KEYS[8] -- sorted set: keyed hash of every init_key published here and not expired,
-- by the expiry of its KeyPackage
local clock_offset = ARGV[1] -- milliseconds added to Redis's clock: 0 except in tests

local call = redis.call

-- Redis's own clock decides the expiry: it is the only clock that all nodes share.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + clock_offset
-- An expiry below this is in the past. It is formatted like an expiry for the comparison.
local soonest = string.format('%016.0f', now + 1)

-- The stack of Lua cannot hold more arguments.
local AT_ONCE = 1000

-- Calls a command with all arguments, in slices. Returns the sum of the results.
local function bulk(command, key, arguments, at_once)
    local sum = 0
    for i = 1, #arguments, at_once or AT_ONCE do
        local last = math.min(i + (at_once or AT_ONCE) - 1, #arguments)
        sum = sum + call(command, key, unpack(arguments, i, last))
    end
    return sum
end

local function mark_of(member)
    return string.sub(member, -41, -10)
end

local function bytes_of(member)
    return tonumber(string.sub(member, -8))
end

local function all_classes()
    local classes = call('HKEYS', features)
    classes[#classes + 1] = ''
    return classes
end

local function all_kinds()
    local names = {}
    for _, name in ipairs(call('HKEYS', kinds)) do
        if string.find(name, '.', 1, true) then
            names[#names + 1] = name
        end
    end
    return names
end

-- Counts the unexpired single-use ones of a kind.
local function remaining(kind, classes)
    local sum = 0
    for _, class in ipairs(classes) do
        local range = kind .. '|' .. class
        sum = sum + call('ZLEXCOUNT', index, '[' .. range .. '|' .. soonest, '(' .. range .. '}')
    end
    return sum
end

-- Returns class, ref mark and bytes of the unexpired last resort of a kind; nothing if there is
-- none.
local function last_resort(kind)
    local record = call('HGET', kinds, kind)
    if record and record ~= '' then
        local class, expiry, mark, bytes =
            string.match(record, '^(%x*)|(%d+)|(%x+)|(%d+)$')
        if expiry >= soonest then
            return class, mark, tonumber(bytes)
        end
    end
end

-- The field of `kinds` that counts the claims of a kind's last resort.
local function claims_of(kind)
    return 'u' .. string.gsub(kind, '%.', ':')
end

local function account(count, bytes)
    if count ~= 0 then
        call('HINCRBY', packages, '#c', count)
        call('HINCRBY', packages, '#b', string.format('%.0f', bytes))
    end
end

-- Removes single-use ones by their members.
local function remove_members(members)
    if #members == 0 then
        return 0
    end
    local marks, bytes = {}, 0
    for i, member in ipairs(members) do
        marks[i] = mark_of(member)
        bytes = bytes + bytes_of(member)
    end
    bulk('ZREM', index, members)
    bulk('HDEL', packages, marks)
    account(-#members, -bytes)
    return #members
end

-- Removes the last resort of a kind, expired or not. Returns 1 or 0.
local function remove_last_resort(kind)
    local record = call('HGET', kinds, kind)
    if not record or record == '' then
        return 0
    end
    local mark, bytes = string.match(record, '|(%x+)|(%d+)$')
    call('HSET', kinds, kind, '')
    call('HDEL', kinds, claims_of(kind))
    -- The whole hash of packages may have expired.
    if call('HDEL', packages, mark) == 0 then
        return 0
    end
    account(-1, -tonumber(bytes))
    return 1
end

-- Removes all single-use ones of a kind, expired or not, except those whose ref marks are in
-- `staying`.
local function remove_kind(kind, staying)
    local from, to = '[' .. kind .. '|', '(' .. kind .. '}'
    local going, marks, count, bytes, all = {}, {}, 0, 0, true
    for _, member in ipairs(call('ZRANGEBYLEX', index, from, to)) do
        local mark = mark_of(member)
        if staying[mark] then
            all = false
        else
            count = count + 1
            going[count], marks[count] = member, mark
            bytes = bytes + bytes_of(member)
        end
    end
    if all then
        call('ZREMRANGEBYLEX', index, from, to)
    else
        bulk('ZREM', index, going)
    end
    bulk('HDEL', packages, marks)
    account(-count, -bytes)
    return count
end

-- Removes expired data: at most `most` packages, then at most `most` refs once no expired package
-- is left, because expired refs show that packages may have expired. Data that stays longer only
-- uses memory: every reader of packages checks their expiry.
local function prune(most)
    if call('ZCOUNT', refs, '-inf', now) == 0 then
        return
    end
    local classes = all_classes()
    local room = most
    for _, kind in ipairs(all_kinds()) do
        if not last_resort(kind) then
            remove_last_resort(kind)
        end
        for _, class in ipairs(classes) do
            local range = kind .. '|' .. class .. '|'
            local expired = call('ZRANGEBYLEX', index,
                '[' .. range, '(' .. range .. soonest, 'LIMIT', 0, room)
            room = room - remove_members(expired)
            if room == 0 then
                return
            end
        end
    end
    for _, key in ipairs({refs, init_keys}) do
        bulk('ZREM', key, call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, most))
    end
end
