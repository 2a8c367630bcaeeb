-- Reserves a ref for one client, for a short time, if it is nobody's yet. Answers {sealed name of the client whose
-- it is now}.
local ref_key = KEYS[1] -- hash: 'p' sealed name of the client that it is reserved for; once its KeyPackage
-- was shelved, in place of that, 'o' sealed client name, 'l' 1 for a last resort or 0, 'g' keyed hash of the
-- group that a Welcome brought it into
local client = ARGV[1] -- sealed client name
local life = ARGV[2] -- milliseconds that it stays reserved

local owner = redis.call('HGET', ref_key, 'o')
if owner then
    return {owner}
end
owner = redis.call('HGET', ref_key, 'p')
if not owner then
    owner = client
    redis.call('HSET', ref_key, 'p', owner)
end
redis.call('PEXPIRE', ref_key, life)
return {owner}
