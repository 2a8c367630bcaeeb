-- Removes mail from one inbox, and the inbox when it is empty. Answers {how many pieces were there}.
-- KEYS[1] inbox (hash)
-- ARGV ids (16 bytes each)
local gone = redis.call('HDEL', KEYS[1], unpack(ARGV))
if redis.call('HLEN', KEYS[1]) == 1 then
    redis.call('DEL', KEYS[1])
end
return {gone}
