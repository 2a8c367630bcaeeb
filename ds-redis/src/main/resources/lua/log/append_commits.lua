-- Appends any batch, with all effects of its commits, its void and its leaves, if the log ends where
-- expected.
-- Returns {1, epoch, first retained, 1 if another append arrived late since the last} when
-- appended,
--         {0, position, epoch, first retained, entries after the expected position, wrapped key}
--         when it ends elsewhere,
--         {2, epoch} when the position is as expected and the epoch is not (a bug in the caller),
--         {3, indexes of blobs from 0} when blobs that the batch refers to are missing,
--         {4} when a long roster change must be merged first, or a staged one is incomplete,
--         {5, position} when the commit at the position would give the group too many members,
--         {6, milliseconds} with the store's time when the node's clock differs too much,
--         {7} when the log contains too many bytes,
--         {8, names} when the stored GroupInfo has other blobs than the caller passed, with their
--         names,
--         {9} when the group has another key than the entries are sealed under,
--         {} when there is no such group.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream
local roster_key = KEYS[3] -- hash
local owners_key = KEYS[4] -- hash
local info_key = KEYS[5] -- string, GroupInfo
local welcomes_key = KEYS[6] -- hash
local proposals_key = KEYS[7] -- string, positions of the epoch's proposals
local former_key = KEYS[8] -- sorted set
local merging_key = KEYS[9] -- list
local sizes_key = KEYS[10] -- hash, bytes by segments of positions
local uploads_key = KEYS[11] -- sorted set, see blobs.lua
local kept_key = KEYS[12] -- sorted set
local kept_bytes_key = KEYS[13] -- string
local undo_key = KEYS[14] -- hash, GroupInfo before a provisional commit, by its position
local SEEN_AT = 15 -- then s hashes of resend keys, one per epoch, the list of a staged change if
-- there is one, a hash for each of the b blobs referred to, and one for each of the stored
-- GroupInfo's blobs
local expected = ARGV[1] -- log position before, 56 bytes
local after = ARGV[2] -- log position after, 56 bytes
local first = tonumber(ARGV[3]) -- first new position
local n = tonumber(ARGV[4]) -- number of entries
local epoch_before = ARGV[5] -- epoch that the first commit or void ends; empty without one
local epoch_after = ARGV[6] -- epoch after the last commit or void; empty without one
local info = ARGV[7] -- sealed GroupInfo; empty when no commit has one: the stored one stays
local w = tonumber(ARGV[8]) -- number of Welcomes
local r = tonumber(ARGV[9]) -- number of roster changes
local b = tonumber(ARGV[10]) -- number of blobs
local slack = tonumber(ARGV[11]) -- milliseconds that a blob outlives the retention
local proposals = ARGV[12] -- positions of the proposals after the last commit or void, u64 each
local part_life = tonumber(ARGV[13]) -- milliseconds, minimum life of data for joiners
local info_blobs = ARGV[14] -- names of the GroupInfo's blobs, 64 hexadecimal digits each
local bytes = tonumber(ARGV[15]) -- of the messages
local accepted = tonumber(ARGV[16]) -- milliseconds, when the node accepted them
local skew_max = tonumber(ARGV[17]) -- milliseconds
local bytes_max = tonumber(ARGV[18]) -- of all messages of the log
local group_key = ARGV[19] -- id of the group's key, 8 bytes
local s = tonumber(ARGV[20]) -- number of hashes of resend keys
local staged = tonumber(ARGV[21]) -- parts of the staged change, 0 for none
local staged_names = tonumber(ARGV[22]) -- members that the staged change adds
local members_max = tonumber(ARGV[23])
local former_max = tonumber(ARGV[24])
local info_before = ARGV[25] -- names of the stored GroupInfo's blobs as the caller knows them
local provisional = ARGV[26] -- the provisional commits after the batch; '-' when unchanged
local undo_at = ARGV[27] -- position of a provisional commit, to keep the GroupInfo before it
local settled = ARGV[28] -- positions of commits that are provisional no more, each with a comma
local void_from = ARGV[29] -- position of the first commit that the void undoes; empty for none
local voided = ARGV[30] -- positions of all commits that it undoes, each with a comma
local restored = ARGV[31] -- members that it restores, 16 bytes each
local successor = ARGV[32] -- sealed id of the group's successor; empty for none
local frozen = ARGV[33] -- position at which the operator freezes the group; 0 thaws it; '-' when
-- unchanged
local departures = ARGV[34] -- sealed, the clients that have left; empty for none, '-' when unchanged
local policy = ARGV[35] -- fields of the policy, each with a number; empty when unchanged
local FIXED = 35 -- then n entries, n pairs of a resend key and the index of its hash among the s, w
-- pairs of a position and a Welcome, r pairs of a position and a part of a roster change (see
-- roster.lua), b triples of a blob's size, its minimum life in milliseconds and the
-- position that refers to it

local call = redis.call

-- Writes the fields of a policy. The longest retention that the group ever had says which hashes of
-- resend keys may exist.
local function set_policy(meta_key, fields, retention_before, retention_after)
    for field, value in string.gmatch(fields, '(%a+)=(%d+)') do
        call('HSET', meta_key, field, value)
    end
    local longest = tonumber(call('HGET', meta_key, 'pl') or 0)
    if retention_before > math.max(retention_after, longest) then
        call('HSET', meta_key, 'pl', retention_before)
    end
end

local meta = call('HMGET', meta_key, 'at', 'e', 'f', 'pr', 'b', 'y', 'm', 'w', 'k')
if not meta[1] then
    return {}
end
if meta[1] ~= expected then
    if not meta[8] then
        call('HSET', meta_key, 'w', 1)
    end
    local missed = {}
    if first >= tonumber(meta[3]) then
        missed = read_entries(log_key, first, 64, 262144, 524288, false)
    end
    return {0, meta[1], meta[2], meta[3], missed, meta[9] or ''}
end
local epoch = meta[2]
if epoch_before ~= '' and epoch ~= epoch_before then
    return {2, epoch}
end
if string.sub(meta[9] or '', 1, 8) ~= group_key then
    return {9}
end
local before_count = #info_before / 64
local before_at = #KEYS - before_count
if (info ~= '' or void_from ~= '') and (meta[5] or '') ~= info_before then
    return {8, meta[5] or ''}
end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if math.abs(now - accepted) > skew_max then
    return {6, now}
end
if tonumber(meta[6]) > bytes_max then
    return {7}
end

-- Computes the roster changes. Nothing is written before all of them are known to fit.
local staged_key = staged > 0 and KEYS[SEEN_AT + s] or nil
if (epoch_before ~= '' or r > 0) and call('EXISTS', merging_key) == 1 then
    return {4}
end
if staged_key and call('LLEN', staged_key) ~= staged then
    return {4}
end
local changes = new_changes(roster_key, tonumber(meta[7]))
local changes_at = FIXED + 3 * n + 2 * w
for i = 1, r do
    make_change(changes, ARGV[changes_at + 2 * i])
    if changes.size > members_max then
        return {5, tonumber(ARGV[changes_at + 2 * i - 1])}
    end
end
if void_from ~= '' then
    restore_members(changes, restored, tonumber(void_from))
    if changes.size > members_max then
        return {5, first}
    end
end
if staged_key and changes.size + staged_names > members_max then
    return {5, first - 1 + n}
end

-- All blobs must exist and be complete, or nothing happens. They live by the longer retention of
-- those before and after the batch: an entry is of one or the other.
local retention_after = tonumber(string.match(policy, 'pr=(%d+)') or meta[4])
local retained = math.max(tonumber(meta[4]), retention_after) * 1000 + slack
local blobs_at = before_at - b
if b > 0 then
    local at = #ARGV - 3 * b
    local missing = {3}
    for i = 1, b do
        local blob_key = KEYS[blobs_at + i]
        if call('HGET', blob_key, 's') ~= ARGV[at + 3 * i - 2] then
            missing[#missing + 1] = i - 1
        end
    end
    if #missing > 1 then
        return missing
    end
    for i = 1, b do
        local blob_key = KEYS[blobs_at + i]
        local life = math.max(retained, tonumber(ARGV[at + 3 * i - 1]))
        local left = call('PTTL', blob_key)
        -- A blob of the GroupInfo has no expiry.
        if left >= 0 and left < life then
            call('PEXPIRE', blob_key, string.format('%.0f', life))
        end
        local ends = left < 0 and '+inf' or string.format('%.0f', now + math.max(left, life))
        keep_blob(uploads_key, kept_key, kept_bytes_key, blob_key, ARGV[at + 3 * i - 2], ends)
        call('HSETNX', blob_key, 'p', ARGV[at + 3 * i])
    end
end

local at = FIXED
for i = 1, n do
    call('XADD', log_key, (first - 1 + i) .. '-0', 'e', ARGV[at + i])
end
at = at + n
for i = 1, n do
    local seen_key = KEYS[SEEN_AT - 1 + tonumber(ARGV[at + 2 * i])]
    call('HSET', seen_key, ARGV[at + 2 * i - 1], first - 1 + i)
end
local seen_life = resend_life(retention_after)
if policy ~= '' then
    set_policy(meta_key, policy, tonumber(meta[4]), retention_after)
end
for i = 0, s - 1 do
    local left = call('PTTL', KEYS[SEEN_AT + i])
    if left == -1 or (policy ~= '' and left >= 0 and left < tonumber(seen_life)) then
        call('PEXPIRE', KEYS[SEEN_AT + i], seen_life)
    end
end
at = at + 2 * n
for i = 1, w do
    call('HSET', welcomes_key, ARGV[at + 2 * i - 1], ARGV[at + 2 * i])
end
write_changes(changes, owners_key, former_key, former_max)
if staged_key then
    call('RENAME', staged_key, merging_key)
    call('PERSIST', merging_key)
end

if epoch_after ~= '' then
    epoch = epoch_after
    call('DEL', proposals_key)
    if undo_at ~= '' then
        local before = call('GET', info_key)
        if before then
            call('HSET', undo_key, undo_at, (meta[5] or '') .. ':' .. before)
        end
    end
end
if void_from ~= '' then
    -- The restored GroupInfo's blobs live as long as they do after a commit that replaced it.
    local before = call('HGET', undo_key, void_from) or ':'
    local names = string.find(before, ':', 1, true)
    info_blobs = string.sub(before, 1, names - 1)
    info = string.sub(before, names + 1)
    for position in string.gmatch(voided, '%d+') do
        call('HDEL', welcomes_key, position)
    end
    call('HSET', meta_key, 'v', string.format('%.0f', first))
end
if info ~= '' or void_from ~= '' then
    if info == '' then
        call('DEL', info_key)
    else
        call('SET', info_key, info)
    end
    -- The blobs of the new GroupInfo have no expiry while it is stored. Those of the previous one
    -- now get one.
    for i = 1, before_count do
        local blob_key = KEYS[before_at + i]
        if not string.find(info_blobs, string.sub(blob_key, -64), 1, true) then
            local life = math.max(retained, part_life)
            expire_blob(uploads_key, kept_key, kept_bytes_key, blob_key, now, life)
        end
    end
    for i = 1, b do
        local blob_key = KEYS[blobs_at + i]
        if string.find(info_blobs, string.sub(blob_key, -64), 1, true) then
            local size = ARGV[#ARGV - 3 * b + 3 * i - 2]
            persist_blob(uploads_key, kept_key, kept_bytes_key, blob_key, size)
        end
    end
    call('HSET', meta_key, 'b', info_blobs)
end
for position in string.gmatch(settled, '%d+') do
    call('HDEL', undo_key, position)
end
if successor ~= '' then
    call('HSET', meta_key, 's', successor)
end
if frozen == '0' then
    call('HDEL', meta_key, 'z')
elseif frozen ~= '-' then
    call('HSET', meta_key, 'z', frozen)
end
if departures == '' then
    call('HDEL', meta_key, 'l')
elseif departures ~= '-' then
    call('HSET', meta_key, 'l', departures)
end
if provisional == '' then
    call('HDEL', meta_key, 'u')
elseif provisional ~= '-' then
    call('HSET', meta_key, 'u', provisional)
end
-- The string may contain more than the reader uses: it takes the first 1,024.
if proposals ~= '' and call('STRLEN', proposals_key) < 8192 then
    call('APPEND', proposals_key, proposals)
end
call('HINCRBY', sizes_key, math.floor(first / SEGMENT), bytes)
call('HSET', meta_key, 'at', after, 'e', epoch, 'y', meta[6] + bytes, 'm', changes.size)
if meta[8] then
    call('HDEL', meta_key, 'w')
end
return {1, epoch, meta[3], meta[8] and 1 or 0}
