-- Finds the position of a resend key. Returns {position} or {}.
-- KEYS: hashes of resend keys, one for each epoch, newest first
local resend_key = ARGV[1] -- 16 bytes

for _, hash_key in ipairs(KEYS) do
    local position = redis.call('HGET', hash_key, resend_key)
    if position then
        return {position}
    end
end
return {}
