-- Reads what the actor of a group starts from, as of one instant.
-- Answers {} when there is no such group, else {place, epoch, first retained, policy,
-- number of pending Welcomes, roster as member and membership in turn, newest entries, newest first,
-- positions of the epoch's proposals}.
-- KEYS[1] meta (hash), KEYS[2] log (stream), KEYS[3] roster (hash), KEYS[4] welcomes (hash),
-- KEYS[5] proposals (string)
-- ARGV[1] how many entries at most
local meta = redis.call('HMGET', KEYS[1], 'at', 'e', 'f', 'p')
if not meta[1] then
    return {}
end
local recent = {}
if tonumber(ARGV[1]) > 0 then
    recent = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[1])
end
return {meta[1], meta[2], meta[3], meta[4], redis.call('HLEN', KEYS[4]),
    redis.call('HGETALL', KEYS[3]), recent, redis.call('GET', KEYS[5]) or ''}
