-- Notes that a device was revoked; of two times the later stays.
-- Answers {1}, or {0} when the user has revoked as many others as can be.
-- KEYS[1] revoked devices of the user (hash)
-- ARGV[1] the client's pseudonym, ARGV[2] milliseconds, ARGV[3] how many at most
local before = redis.call('HGET', KEYS[1], ARGV[1])
if not before and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
    return {0}
end
if not before or tonumber(before) < tonumber(ARGV[2]) then
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
end
return {1}
