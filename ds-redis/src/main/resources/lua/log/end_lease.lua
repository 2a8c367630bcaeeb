-- Sets when a leased group is due next, unless its name was removed, or it is due before the end of
-- the lease. Returns {1}.
local index_key = KEYS[1] -- sorted set: name of a group, by the milliseconds at which it is due
local name = ARGV[1] -- of the group
local ends = tonumber(ARGV[2]) -- milliseconds, end of the lease
local due = ARGV[3] -- milliseconds

local set = tonumber(redis.call('ZSCORE', index_key, name) or '')
if set and set >= ends then
    redis.call('ZADD', index_key, due, name)
end
return {1}
