-- Sets when a leased group is due next, unless its name was removed. Returns {1}.
local index_key = KEYS[1] -- sorted set: name of a group, by the milliseconds at which it is due
local name = ARGV[1] -- of the group
local due = ARGV[2] -- milliseconds

redis.call('ZADD', index_key, 'XX', due, name)
return {1}
