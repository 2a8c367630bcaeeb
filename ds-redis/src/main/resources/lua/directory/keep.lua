-- Keeps the ref of a stored KeyPackage until the KeyPackage expires. The caller has reserved the
-- ref. Returns {1}.
local ref_key = KEYS[1] -- hash, as in mark.lua
local owner = ARGV[1] -- sealed client name
local last_resort = ARGV[2] -- 1 for a last resort or 0
local expiry = ARGV[3] -- milliseconds

if redis.call('HEXISTS', ref_key, 'o') == 1 then
    redis.call('PEXPIREAT', ref_key, expiry, 'GT')
else
    redis.call('HSET', ref_key, 'o', owner, 'l', last_resort)
    redis.call('HDEL', ref_key, 'p')
    redis.call('PEXPIREAT', ref_key, expiry)
end
return {1}
