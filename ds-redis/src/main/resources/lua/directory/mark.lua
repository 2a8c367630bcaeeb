-- Marks a ref as one client's, if it is nobody's yet. Answers {sealed name of the client whose it is now}.
-- KEYS[1] ref (hash): 'o' sealed client name, 'l' 1 for a last resort or 0, 'g' keyed hash of the group that a
--         Welcome brought it into
-- ARGV[1] sealed client name, ARGV[2] 1 for a last resort or 0, ARGV[3] expiry in milliseconds
local owner = redis.call('HGET', KEYS[1], 'o')
if owner then
    return {owner}
end
redis.call('HSET', KEYS[1], 'o', ARGV[1], 'l', ARGV[2])
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return {ARGV[1]}
