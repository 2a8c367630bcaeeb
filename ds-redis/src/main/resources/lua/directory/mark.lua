-- Reserves a ref for one client, for a short time, if it is nobody's yet. Answers {sealed name of the client whose
-- it is now}.
-- KEYS[1] ref (hash): 'p' sealed name of the client that it is reserved for; once its KeyPackage was shelved, in
--         place of that, 'o' sealed client name, 'l' 1 for a last resort or 0, 'g' keyed hash of the group that a
--         Welcome brought it into
-- ARGV[1] sealed client name, ARGV[2] milliseconds that it stays reserved
local owner = redis.call('HGET', KEYS[1], 'o')
if owner then
    return {owner}
end
owner = redis.call('HGET', KEYS[1], 'p')
if not owner then
    owner = ARGV[1]
    redis.call('HSET', KEYS[1], 'p', owner)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {owner}
