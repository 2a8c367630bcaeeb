-- Deletes keys of a group whose deletion has begun. Returns {1}, or {0} when that deletion has
-- ended: the keys may be those of a group that was created since.
-- KEYS: after the first one, the keys to delete
local meta_key = KEYS[1] -- hash
local tombstone = ARGV[1] -- log position of the deleted group, 56 bytes

if redis.call('HGET', meta_key, 'd') ~= tombstone then
    return {0}
end
for i = 2, #KEYS do
    redis.call('UNLINK', KEYS[i])
end
return {1}
