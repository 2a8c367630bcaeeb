-- Deletes the entries before a position, and the resend keys of epochs that are over.
-- Answers {how many entries it deleted}; {0} when another node was faster.
-- KEYS[1] meta (hash), KEYS[2] log (stream), KEYS[3..] hashes of resend keys to delete
-- ARGV[1] expected first retained position, ARGV[2] first position to retain,
-- ARGV[3] oldest epoch that keeps its resend keys
if redis.call('HGET', KEYS[1], 'f') ~= ARGV[1] then
    return {0}
end
local deleted = redis.call('XTRIM', KEYS[2], 'MINID', ARGV[2] .. '-0')
redis.call('HSET', KEYS[1], 'f', ARGV[2], 'k', ARGV[3])
for i = 3, #KEYS do
    redis.call('UNLINK', KEYS[i])
end
return {deleted}
