-- Common to the scripts on one inbox, and put before each of them.
local order = KEYS[1] -- sorted set: mail id (16 bytes), by its number
local info = KEYS[2] -- hash: mail id -> number:weight:expiry in milliseconds:source; '#w' weight of all,
-- '#n' the last number, '#d' how many pieces were dropped
local mail = KEYS[3] -- hash: mail id -> sealed mail
local pieces = KEYS[4] -- sorted set, every score 0: <source>|<number, 16 digits>|<mail id>
local sources = KEYS[5] -- sorted set: keyed hash of a KeyPackageRef, by the weight of its mail
local clock_offset = ARGV[1] -- milliseconds added to Redis's clock: 0 but in tests

local call = redis.call

-- Redis's own clock decides what is too old: it is the only one that all nodes share.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + clock_offset

-- Number, weight, expiry and source of a piece; nothing where there is no such piece.
local function piece(id)
    local record = call('HGET', info, id)
    if record then
        local number, weight, expiry, source = string.match(record, '^(%d+):(%d+):(%d+):(%x*)$')
        return number, tonumber(weight), tonumber(expiry), source
    end
end

-- Removes a piece. Answers 1, or 0 where there is none.
local function remove(id)
    local number, weight, _, source = piece(id)
    if not number then
        return 0
    end
    call('ZREM', order, id)
    call('HDEL', info, id)
    call('HDEL', mail, id)
    call('ZREM', pieces, source .. '|' .. number .. '|' .. id)
    if tonumber(call('ZINCRBY', sources, -weight, source)) <= 0 then
        call('ZREM', sources, source)
    end
    call('HINCRBY', info, '#w', -weight)
    return 1
end

-- Removes the oldest pieces that are too old, so many at most.
local function prune(most)
    for _, id in ipairs(call('ZRANGE', order, 0, most - 1)) do
        local _, _, expiry = piece(id)
        if expiry and expiry > now then
            return
        end
        remove(id)
    end
end
