-- Whose KeyPackage a Welcome names. From now on that is known for as long as a Welcome may wait, and a single-use
-- KeyPackage is bound to the first group that a Welcome names it for (RFC 9420 §10).
-- Answers {sealed client name}, {} for a ref that nobody published, {0} when it is bound to another group.
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
