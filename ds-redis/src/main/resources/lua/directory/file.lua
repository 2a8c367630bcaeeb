-- Files items in one inbox. Items that are already there stay unchanged. If there is no room, the
-- script drops the newest item of the source with the greatest weight. A source may use only its
-- share.
-- Returns {number of new items, number of dropped items}.
-- KEYS[1..5] and ARGV[1] are bound by inbox.lua.
local life = tonumber(ARGV[2]) -- milliseconds until an item expires
local weight_max = tonumber(ARGV[3]) -- of all items
local share_max = tonumber(ARGV[4]) -- of the weight, for one source
local item_weight = tonumber(ARGV[5]) -- weight of an item in addition to its bytes
local ITEMS_AT = 6 -- of ARGV: triples of id (16 bytes), source and sealed item, empty for one
-- that is too long

local new, dropped = 0, 0

-- Drops the newest item of the source with the greatest weight. Returns whether there was one.
local function drop_from_heaviest()
    local source = call('ZREVRANGE', sources, 0, 0)[1]
    local newest = source and call('ZREVRANGEBYLEX', items, '(' .. source .. '}', '[' .. source .. '|',
        'LIMIT', 0, 1)[1]
    if not newest then
        return false
    end
    dropped = dropped + remove(string.sub(newest, -16))
    return true
end

prune(32)
local expiry = string.format('%.0f', now + life)
for i = ITEMS_AT, #ARGV, 3 do
    local id, source, sealed = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    if call('HEXISTS', info, id) == 0 then
        local weight = #sealed + item_weight
        local own = tonumber(call('ZSCORE', sources, source) or 0)
        local fits = sealed ~= '' and own + weight <= share_max
        local all = tonumber(call('HGET', info, '#w') or 0)
        while fits and all + weight > weight_max do
            local heaviest = call('ZREVRANGE', sources, 0, 0, 'WITHSCORES')
            -- A source that would itself have the greatest weight must not displace other sources.
            fits = own + weight < tonumber(heaviest[2] or 0) and drop_from_heaviest()
            all = tonumber(call('HGET', info, '#w') or 0)
        end
        if fits then
            -- Numbers continue after an inbox was deleted, because a session reads the items after
            -- the last number that it saw.
            local number = string.format('%016.0f', math.max(
                tonumber(call('HGET', info, '#n') or 0) + 1, time[1] * 1000000 + time[2]))
            call('ZADD', order, number, id)
            call('HSET', info, id, number .. ':' .. weight .. ':' .. expiry .. ':' .. source, '#n', number)
            call('HSET', sealed_items, id, sealed)
            call('ZADD', items, 0, source .. '|' .. number .. '|' .. id)
            call('ZINCRBY', sources, weight, source)
            call('HINCRBY', info, '#w', weight)
            new = new + 1
        else
            dropped = dropped + 1
        end
    end
end
if dropped > 0 then
    call('HINCRBY', info, '#d', dropped)
end
for i = 1, #KEYS do
    call('PEXPIRE', KEYS[i], life)
end
return {new, dropped}
