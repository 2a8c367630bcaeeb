-- Deletes KeyPackages. Their refs stay reserved. Returns {number of deleted KeyPackages}.
-- KEYS[1..8] and ARGV[1] are bound by kinds.lua.
local what = ARGV[2] -- 'all', 'kind', 'ref', or 'device' (all, and the device itself)
local which = ARGV[3] -- the kind, the ref mark, or the client's pseudonym; else empty

local gone = 0
prune(256)
if what == 'kind' then
    gone = remove_kind(which, {}) + remove_last_resort(which)
elseif what == 'ref' then
    local value = call('HGET', packages, which)
    if value then
        local member = string.sub(value, 1, string.find(value, '\n', 1, true) - 1)
        local kind = string.match(member, '^(.*)|L$')
        gone = kind and remove_last_resort(kind) or remove_members({member})
    end
else
    -- UNLINK removes both keys at once; Redis frees their memory in the background.
    for _, kind in ipairs(all_kinds()) do
        gone = gone + remove_last_resort(kind)
    end
    gone = gone + call('ZCARD', index)
    call('UNLINK', index, packages)
    if what == 'device' then
        call('DEL', kinds, features)
        call('HDEL', devices, which)
    end
end
return {gone}
