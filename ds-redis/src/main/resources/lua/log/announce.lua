-- Leaves a group's trace in the outbox, at Redis's own time: the only clock that all nodes share. Answers {that time
-- in milliseconds}.
-- KEYS[1] outbox (sorted set): name of a group, by milliseconds
-- ARGV[1] the group's name
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('ZADD', KEYS[1], 'GT', now, ARGV[1])
return {tonumber(now)}
