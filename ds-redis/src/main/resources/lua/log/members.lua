-- Values of a roster or of its owners, of one instant.
-- Answers {1, values} with nil for who is not there, {0} while a long change is still being merged.
local hash_key = KEYS[1] -- hash
local merging_key = KEYS[2] -- list
-- ARGV: the fields asked about

if redis.call('EXISTS', merging_key) == 1 then
    return {0}
end
return {1, redis.call('HMGET', hash_key, unpack(ARGV))}
