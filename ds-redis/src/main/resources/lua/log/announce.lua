-- Writes a group's trace to the outbox, with Redis's own time: the only clock that all nodes share.
-- Returns {that time in milliseconds}.
local outbox_key = KEYS[1] -- sorted set: name of a group, by milliseconds
local name = ARGV[1] -- of the group

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('ZADD', outbox_key, 'GT', now, name)
return {tonumber(now)}
