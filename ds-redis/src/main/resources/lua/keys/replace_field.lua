-- Replaces a sealed value in a hash, if it is still the same.
-- Returns {1} when replaced, else {0}.
local hash_key = KEYS[1] -- hash
local field = ARGV[1]
local before = ARGV[2] -- first bytes of the value, with the nonce of its seal
local value = ARGV[3] -- that replaces it

local now = redis.call('HGET', hash_key, field)
if not now or string.sub(now, 1, #before) ~= before then
    return {0}
end
redis.call('HSET', hash_key, field, value)
return {1}
