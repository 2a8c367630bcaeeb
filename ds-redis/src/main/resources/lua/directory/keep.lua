-- Keeps a ref, whose KeyPackage was shelved, until the KeyPackage expires. The caller has it reserved. Answers {1}.
-- KEYS[1] ref (hash), as in mark.lua
-- ARGV[1] sealed client name, ARGV[2] 1 for a last resort or 0, ARGV[3] expiry in milliseconds
if redis.call('HEXISTS', KEYS[1], 'o') == 1 then
    redis.call('PEXPIREAT', KEYS[1], ARGV[3], 'GT')
else
    redis.call('HSET', KEYS[1], 'o', ARGV[1], 'l', ARGV[2])
    redis.call('HDEL', KEYS[1], 'p')
    redis.call('PEXPIREAT', KEYS[1], ARGV[3])
end
return {1}
