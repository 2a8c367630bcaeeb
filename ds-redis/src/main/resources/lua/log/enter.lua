-- Enters a group into the index of groups to sweep, unless it is there. The entry of a created
-- group changes in any case: a sweep that did not find the group then leaves it in the index.
-- Returns {1 when it was not there, else 0}.
local index_key = KEYS[1] -- sorted set: name of a group, by the milliseconds at which it is due
local name = ARGV[1] -- of the group
local delay = tonumber(ARGV[2]) -- milliseconds until it is due
local created = ARGV[3] == '1'

local call = redis.call
if call('ZSCORE', index_key, name) then
    if created then
        call('ZINCRBY', index_key, 1, name)
    end
    return {0}
end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
call('ZADD', index_key, string.format('%.0f', now + delay), name)
return {1}
