-- Common to the scripts on one client's KeyPackages, and put before each of them.
-- KEYS[1] packages (hash): ref mark -> shelf:expiry in milliseconds:features:S or L:sealed package
--         (S single-use, L last resort; features a keyed hash, empty where nothing is known of them)
-- KEYS[2] shelves (hash): shelf -> ref mark of its last resort, or empty; 'n' -> last number given
-- KEYS[3] refs (sorted set): every ref mark ever published here and not expired, by expiry
-- KEYS[4] features (hash): keyed hash -> sealed features
-- KEYS[5] what the keys of single-use marks begin with; the shelf completes each (sorted set, by number). They are
--         made here, not listed: which there are is known only inside the step. All have one hash tag.
local packages, shelves, refs, features, prefix = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function entry(mark)
    local value = redis.call('HGET', packages, mark)
    if value then
        local shelf, expires, class, kind, at = string.match(value, '^([^:]*):(%d+):(%x*):([SL]):()')
        return {shelf = shelf, expires = expires, class = class, last = kind == 'L', package = string.sub(value, at)}
    end
end

local function takeOff(mark, e)
    redis.call('HDEL', packages, mark)
    if not e.last then
        redis.call('ZREM', prefix .. e.shelf, mark)
    elseif redis.call('HGET', shelves, e.shelf) == mark then
        redis.call('HSET', shelves, e.shelf, '')
    end
end

local function takeOffAll(shelf, except)
    local gone = 0
    local marks = redis.call('ZRANGE', prefix .. shelf, 0, -1)
    local last = redis.call('HGET', shelves, shelf)
    if last and last ~= '' then
        marks[#marks + 1] = last
    end
    for _, mark in ipairs(marks) do
        local e = entry(mark)
        if e and not except[mark] then
            takeOff(mark, e)
            gone = gone + 1
        end
    end
    return gone
end

-- Lets go of what has expired.
local function prune(now)
    for _, mark in ipairs(redis.call('ZRANGEBYSCORE', refs, '-inf', now, 'LIMIT', 0, 2000)) do
        local e = entry(mark)
        if e then
            takeOff(mark, e)
        end
        redis.call('ZREM', refs, mark)
    end
end

local function left(shelf)
    return redis.call('ZCARD', prefix .. shelf)
end

