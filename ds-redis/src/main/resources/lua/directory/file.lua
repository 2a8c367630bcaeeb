-- Files mail in one inbox; what is there already stays as it is.
-- Answers {how many pieces were new}.
-- KEYS[1] inbox (hash): per mail id its number in order, a colon and the sealed mail; 'n' is the last number
-- ARGV[1] milliseconds that the inbox lives from now on, then pairs of an id (16 bytes) and the sealed mail
local new = 0
for i = 2, #ARGV, 2 do
    if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 0 then
        local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
        redis.call('HSET', KEYS[1], ARGV[i], n .. ':' .. ARGV[i + 1])
        new = new + 1
    end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return {new}
