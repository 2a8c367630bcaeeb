-- Creates a group, unless there is one.
-- Answers {1} when created, {0, place, epoch, first retained, creator} when there was one, {2} when the
-- blob of its tree is not there.
-- KEYS[1] meta (hash), KEYS[2] roster (hash), KEYS[3] owners (hash), KEYS[4] GroupInfo (string),
-- KEYS[5] blob of the tree (hash), if there is one
-- ARGV[1] place, ARGV[2] epoch, ARGV[3] policy, ARGV[4] creator (16 bytes), ARGV[5] its owner (16 bytes),
-- ARGV[6] its membership (32 bytes), ARGV[7] sealed group id, ARGV[8] oldest epoch that may get messages,
-- ARGV[9] GroupInfo or empty, ARGV[10] the tree's size, ARGV[11] how many milliseconds its blob must live
local meta = redis.call('HMGET', KEYS[1], 'at', 'e', 'f', 'c')
if meta[1] then
    return {0, meta[1], meta[2], meta[3], meta[4]}
end
if KEYS[5] then
    if redis.call('HGET', KEYS[5], 's') ~= ARGV[10] then
        return {2}
    end
    if redis.call('PTTL', KEYS[5]) < tonumber(ARGV[11]) then
        redis.call('PEXPIRE', KEYS[5], ARGV[11])
    end
    redis.call('HSETNX', KEYS[5], 'p', '0')
end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'e', ARGV[2], 'f', '1', 'p', ARGV[3], 'c', ARGV[4],
    'g', ARGV[7], 'k', ARGV[8])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[6])
redis.call('HSET', KEYS[3], ARGV[5], 1)
if ARGV[9] ~= '' then
    redis.call('SET', KEYS[4], ARGV[9])
    if KEYS[5] then
        -- It lives until a commit replaces the GroupInfo.
        redis.call('PERSIST', KEYS[5])
        redis.call('HSET', KEYS[1], 'b', string.sub(KEYS[5], -64))
    end
end
return {1}
