-- Takes KeyPackages off their shelves; their refs stay taken. Answers {how many}.
-- KEYS[1..7] and ARGV[1] are bound by shelves.lua.
local what = ARGV[2] -- 'all', 'shelf', 'ref', or 'device' (all, and the device itself)
local which = ARGV[3] -- the shelf, the ref mark, or the client's pseudonym; else empty

local gone = 0
prune(256)
if what == 'shelf' then
    gone = take_shelf_off(which, {}) + take_last_resort_off(which)
elseif what == 'ref' then
    local value = call('HGET', packages, which)
    if value then
        local place = string.sub(value, 1, string.find(value, '\n', 1, true) - 1)
        local shelf = string.match(place, '^(.*)|L$')
        gone = shelf and take_last_resort_off(shelf) or take_off({place})
    end
else
    -- All at once: Redis frees them beside its work.
    for _, shelf in ipairs(all_shelves()) do
        gone = gone + take_last_resort_off(shelf)
    end
    gone = gone + call('ZCARD', index)
    call('UNLINK', index, packages)
    if what == 'device' then
        call('DEL', shelves, features)
        call('HDEL', devices, which)
    end
end
return {gone}
