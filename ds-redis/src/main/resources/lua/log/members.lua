-- Reads values of a roster or of its owners, as of one instant.
-- Returns {1, values} with nil for an absent field, or {0} while a long change is being merged.
local hash_key = KEYS[1] -- hash
local merging_key = KEYS[2] -- list
-- ARGV: the fields to read

if redis.call('EXISTS', merging_key) == 1 then
    return {0}
end
return {1, redis.call('HMGET', hash_key, unpack(ARGV))}
