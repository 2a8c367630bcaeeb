-- Sets when a leased group is due next, unless its entry was removed or has changed since the lease.
-- Returns {1}.
local index_key = KEYS[1] -- sorted set: name of a group, by the milliseconds at which it is due
local name = ARGV[1] -- of the group
local ends = tonumber(ARGV[2]) -- milliseconds, end of the lease
local due = ARGV[3] -- milliseconds

if tonumber(redis.call('ZSCORE', index_key, name) or '') == ends then
    redis.call('ZADD', index_key, due, name)
end
return {1}
