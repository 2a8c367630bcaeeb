-- Finds the owner of a KeyPackage that a Welcome names, and keeps the ref for as long as a Welcome
-- may wait. A single-use KeyPackage is bound to the first group whose Welcome names it (RFC 9420
-- §10).
-- Returns {sealed client name}, {} for a ref that no client published, {0} when it is bound to
-- another group.
local ref_key = KEYS[1] -- hash, as in mark.lua
local group = ARGV[1] -- keyed hash of the group
local life = ARGV[2] -- milliseconds that a Welcome may wait

local ref = redis.call('HMGET', ref_key, 'o', 'l', 'g')
if not ref[1] then
    return {}
end
if ref[2] ~= '1' then
    if ref[3] and ref[3] ~= group then
        return {0}
    end
    redis.call('HSET', ref_key, 'g', group)
end
redis.call('PEXPIRE', ref_key, life, 'GT')
return {ref[1]}
