-- Begins the deletion of a group, if the conditions hold: deletes what depends on its size in no
-- way, and leaves a tombstone. For all other scripts the group does not exist any more, and
-- `create` waits for the end of the deletion. If the deletion has begun before, its conditions do
-- not count.
-- Returns {} when there is no such group,
--         {1, log position, epoch, retention in seconds, epoch of the creation or ''} when the
--         deletion has begun,
--         {3} when it has another incarnation,
--         {4} when a long roster change must be merged first,
--         {5} when the member is not a current one,
--         {6} when there are members that the condition excludes.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream
local roster_key = KEYS[3] -- hash
local owners_key = KEYS[4] -- hash
local info_key = KEYS[5] -- string
local welcomes_key = KEYS[6] -- hash
local proposals_key = KEYS[7] -- string
local former_key = KEYS[8] -- sorted set
local merging_key = KEYS[9] -- list
local sizes_key = KEYS[10] -- hash
local undo_key = KEYS[11] -- hash
local troubles_key = KEYS[12] -- hash
local incarnation = ARGV[1] -- that it has; empty for any
local member = ARGV[2] -- whose user must own all members; empty for any members
local unused = ARGV[3] == '1' -- there must be no members
local resumed = ARGV[4] == '1' -- only a deletion that has begun

local call = redis.call
local meta = call('HMGET', meta_key, 'at', 'e', 'pr', 'ce', 'd', 'pl')
local epoch, created = meta[2], meta[4] or ''
-- The longest that the group ever had.
local retention = meta[3]
if meta[6] and tonumber(meta[6]) > tonumber(retention) then
    retention = meta[6]
end
if meta[5] then
    return {1, meta[5], epoch, retention, created}
end
local at = meta[1]
if not at or resumed then
    return {}
end
if incarnation ~= '' and string.sub(at, 1, 16) ~= incarnation then
    return {3}
end
if (member ~= '' or unused) and call('EXISTS', merging_key) == 1 then
    return {4}
end
if member ~= '' then
    local membership = call('HGET', roster_key, member)
    if not membership or string.sub(membership, 25) ~= OPEN then
        return {5}
    end
    if call('HLEN', owners_key) > 1 then
        return {6}
    end
end
if unused and call('HLEN', owners_key) > 0 then
    return {6}
end
call('UNLINK', meta_key)
call('UNLINK', log_key)
call('UNLINK', roster_key)
call('UNLINK', owners_key)
call('UNLINK', info_key)
call('UNLINK', welcomes_key)
call('UNLINK', proposals_key)
call('UNLINK', former_key)
call('UNLINK', merging_key)
call('UNLINK', sizes_key)
call('UNLINK', undo_key)
call('UNLINK', troubles_key)
call('HSET', meta_key, 'd', at, 'e', epoch, 'pr', retention)
if created ~= '' then
    call('HSET', meta_key, 'ce', created)
end
return {1, at, epoch, retention, created}
