-- Removes a group's trace from the outbox, or its lease from the index of groups to sweep, unless a
-- newer one has replaced it or it is too young by Redis's own time. Returns {1 or 0}.
local outbox_key = KEYS[1] -- sorted set
local name = ARGV[1] -- of the group
local trace = tonumber(ARGV[2]) -- its time, milliseconds
local age = tonumber(ARGV[3]) -- minimum age in milliseconds

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = tonumber(redis.call('ZSCORE', outbox_key, name) or -1)
if since == trace and since <= now - age then
    return {redis.call('ZREM', outbox_key, name)}
end
return {0}
