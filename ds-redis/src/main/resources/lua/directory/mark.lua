-- Reserves a ref for one client for a short time, unless another client has it. Returns {sealed
-- name of the client that has it now}.
local ref_key = KEYS[1] -- hash: 'p' sealed name of the client that it is reserved for; once its
-- KeyPackage was stored, instead of it, 'o' sealed client name, 'l' 1 for a last resort or 0,
-- 'g' keyed hash of the group that a Welcome brought it into
local client = ARGV[1] -- sealed client name
local life = ARGV[2] -- milliseconds of the reservation

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
