-- Leases the groups that are due first: no other node gets them before the lease ends.
-- Returns {milliseconds for which the first of them has been due, end of the lease in milliseconds,
-- their names}.
local index_key = KEYS[1] -- sorted set: name of a group, by the milliseconds at which it is due
local count = tonumber(ARGV[1]) -- maximum number of groups
local lease = tonumber(ARGV[2]) -- milliseconds

local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = call('ZRANGEBYSCORE', index_key, '-inf', string.format('%.0f', now), 'WITHSCORES',
    'LIMIT', 0, count)
local ends = string.format('%.0f', now + lease)
local names, leased = {}, {}
for i = 1, #due, 2 do
    names[#names + 1] = due[i]
    leased[#leased + 1] = ends
    leased[#leased + 1] = due[i]
end
if #names == 0 then
    return {0, ends, names}
end
call('ZADD', index_key, unpack(leased))
return {now - tonumber(due[2]), ends, names}
