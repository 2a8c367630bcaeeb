-- Remembers that an incarnation of a group was deleted. Returns {number of remembered ones}.
local deleted_key = KEYS[1] -- sorted set: group and incarnation, by the milliseconds of the deletion
local member = ARGV[1] -- group and incarnation
local life = tonumber(ARGV[2]) -- milliseconds for which it is remembered
local count_max = tonumber(ARGV[3])

local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
call('ZADD', deleted_key, string.format('%.0f', now), member)
call('ZREMRANGEBYSCORE', deleted_key, '-inf', string.format('%.0f', now - life))
local count = call('ZCARD', deleted_key)
if count > count_max then
    call('ZREMRANGEBYRANK', deleted_key, 0, count - count_max - 1)
end
call('PEXPIRE', deleted_key, life)
return {math.min(count, count_max)}
