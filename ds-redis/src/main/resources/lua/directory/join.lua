-- Whose KeyPackage a Welcome names. From now on that is known for as long as a Welcome may wait, and a single-use
-- KeyPackage is bound to the first group that a Welcome names it for (RFC 9420 §10).
-- Answers {sealed client name}, {} for a ref that nobody published, {0} when it is bound to another group.
-- KEYS[1] ref (hash), as in mark.lua
-- ARGV[1] keyed hash of the group, ARGV[2] milliseconds that a Welcome may wait
local ref = redis.call('HMGET', KEYS[1], 'o', 'l', 'g')
if not ref[1] then
    return {}
end
if ref[2] ~= '1' then
    if ref[3] and ref[3] ~= ARGV[1] then
        return {0}
    end
    redis.call('HSET', KEYS[1], 'g', ARGV[1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2], 'GT')
return {ref[1]}
