-- Shared by the scripts on one inbox; prepended to each of them.
local order = KEYS[1] -- sorted set: item id (16 bytes), by its number
local info = KEYS[2] -- hash: item id -> number:weight:expiry in milliseconds:package and sender, 32
-- hexadecimal digits each; '#w' weight of all, '#n' the last number, '#d' how many items were dropped.
-- The package is a keyed hash of the KeyPackageRef, the sender one of the user that sent the item;
-- where that is absent, the package is the sender
local sealed_items = KEYS[3] -- hash: item id -> sealed item
local items = KEYS[4] -- sorted set, every score 0: <sender>|<number, 16 digits>|<item id>
local packages = KEYS[5] -- sorted set: package, by the weight of its items
local senders = KEYS[6] -- sorted set: sender, by the weight of its items
local clock_offset = ARGV[1] -- milliseconds added to Redis's clock: 0 except in tests

local call = redis.call

-- Redis's own clock decides the expiry: it is the only clock that all nodes share.
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + clock_offset

-- Returns number, weight, expiry, package and sender of an item; nothing if there is no such item.
local function item(id)
    local record = call('HGET', info, id)
    if record then
        local number, weight, expiry, both = string.match(record, '^(%d+):(%d+):(%d+):(%x+)$')
        if number then
            return number, tonumber(weight), tonumber(expiry), string.sub(both, 1, 32),
                string.sub(both, -32)
        end
    end
end

local function lighten(key, who, weight)
    if tonumber(call('ZINCRBY', key, -weight, who)) <= 0 then
        call('ZREM', key, who)
    end
end

-- Removes an item. Returns 1, or 0 if there is no such item.
local function remove(id)
    local number, weight, _, package, sender = item(id)
    if not number then
        return 0
    end
    call('ZREM', order, id)
    call('HDEL', info, id)
    call('HDEL', sealed_items, id)
    call('ZREM', items, sender .. '|' .. number .. '|' .. id)
    lighten(packages, package, weight)
    lighten(senders, sender, weight)
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
