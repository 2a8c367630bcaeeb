-- Adds one part of a long roster change to a list of parts that no group uses yet.
-- Returns {number of parts}: more than the index when this part was there before.
local staged_key = KEYS[1] -- list, named after the change
local index = tonumber(ARGV[1]) -- of this part, from 0
local part = ARGV[2] -- see roster.lua
local life = ARGV[3] -- milliseconds until it expires when no append links it

local parts = redis.call('LLEN', staged_key)
if parts == index then
    parts = redis.call('RPUSH', staged_key, part)
end
redis.call('PEXPIRE', staged_key, life)
return {parts}
