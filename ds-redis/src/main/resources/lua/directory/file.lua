-- Files items of one sender in one inbox. Items that are already there stay unchanged. If there is no
-- room, the script drops the newest item of the sender with the greatest weight. A KeyPackage and a
-- sender may use only their shares.
-- Returns {number of new items, number of dropped items}.
-- KEYS[1..6] and ARGV[1] are bound by inbox.lua.
local life = tonumber(ARGV[2]) -- milliseconds until an item expires
local weight_max = tonumber(ARGV[3]) -- of all items
local package_max = tonumber(ARGV[4]) -- of the weight, for one package
local sender_max = tonumber(ARGV[5]) -- of the weight, for the sender
local item_weight = tonumber(ARGV[6]) -- weight of an item in addition to its bytes
local sent_by = ARGV[7] -- the sender, or empty: each package is a sender, and has its own share only
local ITEMS_AT = 8 -- of ARGV: triples of id (16 bytes), package and sealed item, empty for one that
-- is too long

local new, dropped = 0, 0

-- Drops the newest item of the sender with the greatest weight. Returns whether there was one.
local function drop_from_heaviest()
    local sender = call('ZREVRANGE', senders, 0, 0)[1]
    local newest = sender and call('ZREVRANGEBYLEX', items, '(' .. sender .. '}', '[' .. sender .. '|',
        'LIMIT', 0, 1)[1]
    if not newest then
        return false
    end
    dropped = dropped + remove(string.sub(newest, -16))
    -- So that the loop below ends whatever lies here.
    call('ZREM', items, newest)
    return true
end

prune(32)
local expiry = string.format('%.0f', now + life)
for i = ITEMS_AT, #ARGV, 3 do
    local id, package, sealed = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    local sender = sent_by ~= '' and sent_by or package
    if call('HEXISTS', info, id) == 0 then
        local weight = #sealed + item_weight
        local own = tonumber(call('ZSCORE', senders, sender) or 0) + weight
        local for_package = tonumber(call('ZSCORE', packages, package) or 0) + weight
        local fits = sealed ~= '' and for_package <= package_max
            and (sent_by == '' or own <= sender_max)
        local all = tonumber(call('HGET', info, '#w') or 0)
        while fits and all + weight > weight_max do
            local heaviest = call('ZREVRANGE', senders, 0, 0, 'WITHSCORES')
            -- A sender that would itself have the greatest weight must not displace others.
            fits = own < tonumber(heaviest[2] or 0) and drop_from_heaviest()
            all = tonumber(call('HGET', info, '#w') or 0)
        end
        if fits then
            -- Numbers continue after an inbox was deleted, because a session reads the items after
            -- the last number that it saw.
            local number = string.format('%016.0f', math.max(
                tonumber(call('HGET', info, '#n') or 0) + 1, time[1] * 1000000 + time[2]))
            call('ZADD', order, number, id)
            call('HSET', info, id,
                number .. ':' .. weight .. ':' .. expiry .. ':' .. package .. sent_by,
                '#n', number)
            call('HSET', sealed_items, id, sealed)
            call('ZADD', items, 0, sender .. '|' .. number .. '|' .. id)
            call('ZINCRBY', packages, weight, package)
            call('ZINCRBY', senders, weight, sender)
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
