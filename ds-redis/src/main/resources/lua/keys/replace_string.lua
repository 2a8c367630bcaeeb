-- Replaces a sealed string, if it is still the same. Its expiry stays.
-- Returns {1} when replaced, else {0}.
local string_key = KEYS[1] -- string
local before = ARGV[1] -- first bytes of the value, with the nonce of its seal
local value = ARGV[2] -- that replaces it

if redis.call('GETRANGE', string_key, 0, #before - 1) ~= before then
    return {0}
end
redis.call('SET', string_key, value, 'KEEPTTL')
return {1}
