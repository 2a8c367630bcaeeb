-- Writes strings into a hash. Answers {how many}.
local strings_key = KEYS[1] -- hash
local count = tonumber(ARGV[1]) -- of the strings
local bytes = tonumber(ARGV[2]) -- of each

for i = 1, count do
    redis.call('HSET', strings_key, i, string.rep('x', bytes))
end
return {redis.call('HLEN', strings_key)}
