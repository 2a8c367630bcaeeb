-- Files mail in one inbox; what is there already stays as it is. Where there is no room the newest piece of the
-- source with the most mail is dropped, and a source has its share at most.
-- Answers {how many pieces were new, how many were dropped}.
-- KEYS[1..5] and ARGV[1] are bound by inbox.lua.
local life = tonumber(ARGV[2]) -- milliseconds that mail lives
local weight_max = tonumber(ARGV[3]) -- of all mail
local share_max = tonumber(ARGV[4]) -- of the weight, for one source
local piece_weight = tonumber(ARGV[5]) -- what a piece weighs in addition to its bytes
local PIECES_AT = 6 -- of ARGV: triples of an id (16 bytes), its source and the sealed mail, empty for one
-- that is too long

local new, dropped = 0, 0

-- Drops the newest piece of the source with the most mail. Answers whether there was one.
local function drop_from_heaviest()
    local source = call('ZREVRANGE', sources, 0, 0)[1]
    local newest = source and call('ZREVRANGEBYLEX', pieces, '(' .. source .. '}', '[' .. source .. '|',
        'LIMIT', 0, 1)[1]
    if not newest then
        return false
    end
    dropped = dropped + remove(string.sub(newest, -16))
    return true
end

prune(32)
local expiry = string.format('%.0f', now + life)
for i = PIECES_AT, #ARGV, 3 do
    local id, source, sealed = ARGV[i], ARGV[i + 1], ARGV[i + 2]
    if call('HEXISTS', info, id) == 0 then
        local weight = #sealed + piece_weight
        local own = tonumber(call('ZSCORE', sources, source) or 0)
        local fits = sealed ~= '' and own + weight <= share_max
        local all = tonumber(call('HGET', info, '#w') or 0)
        while fits and all + weight > weight_max do
            local heaviest = call('ZREVRANGE', sources, 0, 0, 'WITHSCORES')
            -- A source that would have the most mail itself makes room for nobody but others.
            fits = own + weight < tonumber(heaviest[2] or 0) and drop_from_heaviest()
            all = tonumber(call('HGET', info, '#w') or 0)
        end
        if fits then
            -- Numbers go on after an inbox was deleted: a session asks for what comes after the last it saw.
            local number = string.format('%016.0f', math.max(
                tonumber(call('HGET', info, '#n') or 0) + 1, time[1] * 1000000 + time[2]))
            call('ZADD', order, number, id)
            call('HSET', info, id, number .. ':' .. weight .. ':' .. expiry .. ':' .. source, '#n', number)
            call('HSET', mail, id, sealed)
            call('ZADD', pieces, 0, source .. '|' .. number .. '|' .. id)
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
