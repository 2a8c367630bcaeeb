-- Remembers that an incarnation of a group was deleted, or that a group had trouble. Returns
-- {number of remembered ones}.
local remembered_key = KEYS[1] -- sorted set: what is remembered, by milliseconds
local member = ARGV[1] -- the group, of a deletion also its incarnation
local life = tonumber(ARGV[2]) -- milliseconds for which it is remembered
local count_max = tonumber(ARGV[3])

local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
call('ZADD', remembered_key, string.format('%.0f', now), member)
call('ZREMRANGEBYSCORE', remembered_key, '-inf', string.format('%.0f', now - life))
local count = call('ZCARD', remembered_key)
if count > count_max then
    call('ZREMRANGEBYRANK', remembered_key, 0, count - count_max - 1)
end
call('PEXPIRE', remembered_key, life)
return {math.min(count, count_max)}
