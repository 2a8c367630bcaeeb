-- Writes ARGV[1] strings of ARGV[2] bytes. Answers {how many}.
-- KEYS[1] (hash)
for i = 1, tonumber(ARGV[1]) do
    redis.call('HSET', KEYS[1], i, string.rep('x', tonumber(ARGV[2])))
end
return {redis.call('HLEN', KEYS[1])}
