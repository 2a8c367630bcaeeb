-- Shared by the scripts on one inbox; prepended to each of them.
local order = KEYS[1] -- sorted set: item id (16 bytes), by its number
local info = KEYS[2] -- hash: item id -> number:weight:expiry in milliseconds:source; '#w' weight of
-- all, '#n' the last number, '#d' how many items were dropped
local sealed_items = KEYS[3] -- hash: item id -> sealed item
local items = KEYS[4] -- sorted set, every score 0: <source>|<number, 16 digits>|<item id>
local sources = KEYS[5] -- sorted set: keyed hash of a KeyPackageRef, by the weight of its items
local clock_offset = ARGV[1] -- milliseconds added to Redis's clock: 0 except in tests

local call = redis.call

-- Redis's own clock decides the expiry: it is the only clock that all nodes share.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + clock_offset

-- Returns number, weight, expiry and source of an item; nothing if there is no such item.
local function item(id)
    local record = call('HGET', info, id)
    if record then
        local number, weight, expiry, source = string.match(record, '^(%d+):(%d+):(%d+):(%x*)$')
        return number, tonumber(weight), tonumber(expiry), source
    end
end

-- Removes an item. Returns 1, or 0 if there is no such item.
local function remove(id)
    local number, weight, _, source = item(id)
    if not number then
        return 0
    end
    call('ZREM', order, id)
    call('HDEL', info, id)
    call('HDEL', sealed_items, id)
    call('ZREM', items, source .. '|' .. number .. '|' .. id)
    if tonumber(call('ZINCRBY', sources, -weight, source)) <= 0 then
        call('ZREM', sources, source)
    end
    call('HINCRBY', info, '#w', -weight)
    return 1
end

-- Removes the oldest expired items, at most `most`.
local function prune(most)
    for _, id in ipairs(call('ZRANGE', order, 0, most - 1)) do
        local _, _, expiry = item(id)
        if expiry and expiry > now then
            return
        end
        remove(id)
    end
end
