-- Removes a group's trace from the outbox, unless a newer one has taken its place. Answers {1 or 0}.
-- KEYS[1] outbox (sorted set)
-- ARGV[1] the group's name, ARGV[2] the trace's time in milliseconds
local since = redis.call('ZSCORE', KEYS[1], ARGV[1])
if since and tonumber(since) == tonumber(ARGV[2]) then
    return {redis.call('ZREM', KEYS[1], ARGV[1])}
end
return {0}
