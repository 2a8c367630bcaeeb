-- Merges one part of a long roster change that an append has linked. Returns {number of parts
-- left}.
local meta_key = KEYS[1] -- hash
local roster_key = KEYS[2] -- hash
local owners_key = KEYS[3] -- hash
local former_key = KEYS[4] -- sorted set
local merging_key = KEYS[5] -- list of parts
local former_max = tonumber(ARGV[1]) -- maximum of removed members that are kept

local part = redis.call('LPOP', merging_key)
if not part then
    return {0}
end
local changes = new_changes(roster_key, tonumber(redis.call('HGET', meta_key, 'm')))
make_change(changes, part)
write_changes(changes, owners_key, former_key, former_max)
redis.call('HSET', meta_key, 'm', changes.size)
return {redis.call('LLEN', merging_key)}
