-- Common to the scripts on one client's KeyPackages, and put before each of them.
--
-- A script never reads a sealed KeyPackage to learn of what kind it is: that is in the index, and in the
-- record of a last resort. The member of the index begins with what a claim asks for and goes on with
-- what decides between two that will do, so that the first of a range is the one to hand out.
local index = KEYS[1] -- sorted set, every score 0: a member for each single-use KeyPackage,
-- <shelf>|<features>|<expiry>|<number>|<ref mark>|<bytes> (features: keyed hash, empty where nothing is
-- known of them; expiry in milliseconds and number have 16 digits, the ref mark 32 hexadecimal ones, bytes 8)
local packages = KEYS[2] -- hash: ref mark -> member of the index, or shelf|L, a line feed, sealed
-- KeyPackage; '#b' -> bytes of all sealed KeyPackages, '#c' -> how many there are
local shelves = KEYS[3] -- hash: shelf -> its last resort as <features>|<expiry>|<ref mark>|<bytes>, or
-- empty; 'n' -> last number given
local refs = KEYS[4] -- sorted set: every ref mark ever published here and not expired, by expiry
local features = KEYS[5] -- hash: keyed hash -> sealed features
local devices = KEYS[6] -- hash, devices of the user: client's pseudonym -> sealed device name
local revocations = KEYS[7] -- hash, revoked devices of the user: client's pseudonym -> milliseconds
local clock_offset = ARGV[1] -- milliseconds added to Redis's clock: 0 but in tests

local call = redis.call

-- Redis's own clock decides what has expired: it is the only one that all nodes share.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + clock_offset
-- What expires now or before is gone: written so that it can be compared with an expiry.
local soonest = string.format('%016.0f', now + 1)

-- Lua's stack holds no more arguments.
local AT_ONCE = 1000

-- Calls a command with all arguments, some at a time; of each result the sum.
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

local function all_shelves()
    local names = {}
    for _, name in ipairs(call('HKEYS', shelves)) do
        if string.find(name, '.', 1, true) then
            names[#names + 1] = name
        end
    end
    return names
end

-- How many unexpired single-use ones a shelf has.
local function left(shelf, classes)
    local sum = 0
    for _, class in ipairs(classes) do
        local range = shelf .. '|' .. class
        sum = sum + call('ZLEXCOUNT', index, '[' .. range .. '|' .. soonest, '(' .. range .. '}')
    end
    return sum
end

-- The unexpired last resort of a shelf: class, ref mark, bytes. Nothing where there is none.
local function last_resort(shelf)
    local record = call('HGET', shelves, shelf)
    if record and record ~= '' then
        local class, expiry, mark, bytes =
            string.match(record, '^(%x*)|(%d+)|(%x+)|(%d+)$')
        if expiry >= soonest then
            return class, mark, tonumber(bytes)
        end
    end
end

local function account(count, bytes)
    if count ~= 0 then
        call('HINCRBY', packages, '#c', count)
        call('HINCRBY', packages, '#b', string.format('%.0f', bytes))
    end
end

-- Takes single-use ones off, by their members.
local function take_off(members)
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

-- Takes the last resort of a shelf off, expired or not. Answers 1 or 0.
local function take_last_resort_off(shelf)
    local record = call('HGET', shelves, shelf)
    if not record or record == '' then
        return 0
    end
    local mark, bytes = string.match(record, '|(%x+)|(%d+)$')
    call('HSET', shelves, shelf, '')
    -- The packages may have expired as a whole.
    if call('HDEL', packages, mark) == 0 then
        return 0
    end
    account(-1, -tonumber(bytes))
    return 1
end

-- Takes all single-use ones of a shelf off, expired or not, but those whose ref marks are in `staying`.
local function take_shelf_off(shelf, staying)
    local from, to = '[' .. shelf .. '|', '(' .. shelf .. '}'
    local going, marks, bytes, all = {}, {}, 0, true
    for _, member in ipairs(call('ZRANGEBYLEX', index, from, to)) do
        local mark = mark_of(member)
        if staying[mark] then
            all = false
        else
            going[#going + 1] = member
            marks[#marks + 1] = mark
            bytes = bytes + bytes_of(member)
        end
    end
    if all then
        call('ZREMRANGEBYLEX', index, from, to)
    else
        bulk('ZREM', index, going)
    end
    bulk('HDEL', packages, marks)
    account(-#marks, -bytes)
    return #marks
end

-- Takes off what has expired: so many packages at most, and as many refs once no expired package is left, for
-- expired refs tell that there is something to take off. What stays a little longer costs its place only:
-- whoever looks for packages looks at their expiry.
local function prune(most)
    if call('ZCOUNT', refs, '-inf', now) == 0 then
        return
    end
    local classes = all_classes()
    local room = most
    for _, shelf in ipairs(all_shelves()) do
        if not last_resort(shelf) then
            take_last_resort_off(shelf)
        end
        for _, class in ipairs(classes) do
            local range = shelf .. '|' .. class .. '|'
            local expired = call('ZRANGEBYLEX', index,
                '[' .. range, '(' .. range .. soonest, 'LIMIT', 0, room)
            room = room - take_off(expired)
            if room == 0 then
                return
            end
        end
    end
    bulk('ZREM', refs, call('ZRANGEBYSCORE', refs, '-inf', now, 'LIMIT', 0, most))
end
