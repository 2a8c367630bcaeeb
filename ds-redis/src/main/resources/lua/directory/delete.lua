-- Takes KeyPackages off their shelves; their refs stay taken. Answers {how many}.
-- KEYS[1..5] as in shelves.lua, KEYS[6] devices of the user (hash)
-- ARGV[1] 'all', 'shelf', 'ref', or 'device' (all, and the device itself)
-- ARGV[2] the shelf, the ref mark, or the client's pseudonym; else empty
local what, which = ARGV[1], ARGV[2]
local gone = 0
if what == 'shelf' then
    gone = takeOffAll(which, {})
elseif what == 'ref' then
    local e = entry(which)
    if e then
        takeOff(which, e)
        gone = 1
    end
else
    for _, shelf in ipairs(redis.call('HKEYS', shelves)) do
        if shelf ~= 'n' then
            gone = gone + takeOffAll(shelf, {})
        end
    end
    if what == 'device' then
        redis.call('DEL', shelves, features)
        redis.call('HDEL', KEYS[6], which)
    end
end
return {gone}
