-- Shelves KeyPackages of one client, whose refs no other client has.
-- Answers one 1 (shelved), 0 (published before) or 2 (too many) per package, in order.
-- KEYS[1..5] as in shelves.lua, KEYS[6] devices of the user (hash)
-- ARGV[1] now in milliseconds, ARGV[2] the client's pseudonym, ARGV[3] sealed device name, ARGV[4] how many single-use
-- ones per shelf, ARGV[5] 1 to replace what else is on these shelves, ARGV[6] how many shelves, ARGV[7..] per package:
-- ref mark, shelf, 1 for last resort or 0, expiry in milliseconds, keyed hash of its features or empty, sealed features, sealed package
local FEATURES_MAX = 32
local most, replace, shelvesMost = tonumber(ARGV[4]), ARGV[5] == '1', tonumber(ARGV[6])

-- The key lives as long as the longest-lived in it.
local function keep(key, expires)
    if redis.call('PTTL', key) < 0 then
        redis.call('PEXPIREAT', key, expires)
    else
        redis.call('PEXPIREAT', key, expires, 'GT')
    end
end

-- Features that no package has any more are forgotten when there are many.
local function tidyFeatures()
    if redis.call('HLEN', features) < FEATURES_MAX then
        return
    end
    local used = {}
    for _, mark in ipairs(redis.call('HKEYS', packages)) do
        used[entry(mark).class] = true
    end
    for _, class in ipairs(redis.call('HKEYS', features)) do
        if not used[class] then
            redis.call('HDEL', features, class)
        end
    end
end

prune(ARGV[1])
redis.call('HSETNX', KEYS[6], ARGV[2], ARGV[3])
if replace then
    local staying, cleared = {}, {}
    for i = 7, #ARGV, 7 do
        staying[ARGV[i]] = true
    end
    for i = 7, #ARGV, 7 do
        local shelf = ARGV[i + 1]
        if not cleared[shelf] then
            cleared[shelf] = true
            takeOffAll(shelf, staying)
        end
    end
end
tidyFeatures()
local outcomes, seen = {}, {}
for i = 7, #ARGV, 7 do
    local mark, shelf, last, expires, class = ARGV[i], ARGV[i + 1], ARGV[i + 2] == '1', ARGV[i + 3], ARGV[i + 4]
    local outcome = 1
    local hasShelf = redis.call('HEXISTS', shelves, shelf) == 1
    if not hasShelf and redis.call('HLEN', shelves) - redis.call('HEXISTS', shelves, 'n') < shelvesMost then
        hasShelf = redis.call('HSET', shelves, shelf, '') == 1
    end
    if seen[mark] then
        outcome = 0
    elseif redis.call('ZSCORE', refs, mark) then
        outcome = (replace and redis.call('HEXISTS', packages, mark) == 1) and 1 or 0
    elseif not hasShelf or (not last and left(shelf) >= most) then
        outcome = 2
    else
        if last then
            local older = redis.call('HGET', shelves, shelf)
            if older ~= '' then
                redis.call('HDEL', packages, older)
            end
            redis.call('HSET', shelves, shelf, mark)
        else
            redis.call('ZADD', prefix .. shelf, redis.call('HINCRBY', shelves, 'n', 1), mark)
            keep(prefix .. shelf, expires)
        end
        redis.call('HSET', packages, mark,
            shelf .. ':' .. expires .. ':' .. class .. (last and ':L:' or ':S:') .. ARGV[i + 6])
        keep(packages, expires)
        redis.call('ZADD', refs, expires, mark)
        keep(refs, expires)
        if class ~= '' then
            redis.call('HSETNX', features, class, ARGV[i + 5])
            keep(features, expires)
        end
    end
    seen[mark] = true
    outcomes[#outcomes + 1] = outcome
end
return outcomes
