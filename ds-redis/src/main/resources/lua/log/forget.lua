-- Removes a group's trace from the outbox, unless a newer one has taken its place or it is too young by Redis's own
-- time. Answers {1 or 0}.
-- KEYS[1] outbox (sorted set)
-- ARGV[1] the group's name, ARGV[2] the trace's time in milliseconds, ARGV[3] how many milliseconds old it is at least
local time = redis.call('TIME')
local until_then = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[3]
local since = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or -1)
if since == tonumber(ARGV[2]) and since <= until_then then
    return {redis.call('ZREM', KEYS[1], ARGV[1])}
end
return {0}
