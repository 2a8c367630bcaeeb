-- Appends any batch, with all that its commits bring, if the log ends where expected.
-- Answers {1, epoch, first retained} when appended,
--         {0, place, epoch, first retained, entries after the expected place} when it ends elsewhere,
--         {2, epoch} when the place is as expected and the epoch is not (a bug in the caller),
--         {3, which of the blobs, counted from 0} when some of those referred to are not there,
--         {} when there is no such group.
-- KEYS[1] meta (hash), KEYS[2] log (stream), KEYS[3] roster (hash), KEYS[4] owners (hash),
-- KEYS[5] GroupInfo (string), KEYS[6] welcomes (hash), KEYS[7] proposals of the epoch (string),
-- KEYS[8..] resend keys, one hash per epoch, then the blobs referred to, one hash each
-- ARGV[1] expected place, ARGV[2] place after, ARGV[3] first new position, ARGV[4] number of entries n,
-- ARGV[5] epoch that the first commit ends, ARGV[6] epoch after the last, both empty without a commit,
-- ARGV[7] GroupInfo or empty, ARGV[8] number of Welcomes w,
-- ARGV[9] number of roster changes r, ARGV[10] number of blobs b, ARGV[11] milliseconds that a blob
-- outlives the retention, ARGV[12] positions of the proposals after the last commit (u64 each),
-- ARGV[13] milliseconds that what a joiner needs lives at least, ARGV[14] names of the blobs that belong to the
-- GroupInfo (64 hexadecimal digits each), then n entries, n pairs of a resend key and the index of its hash
-- in KEYS, w pairs of a position and a Welcome, r quadruples of what removed members see last (u64),
-- what added ones see first (u64), removed members (16 bytes each), added members and owners (16 + 16),
-- b triples of a blob's size, how many milliseconds it must live at least and the position that refers to it
local call = redis.call
local meta = call('HMGET', KEYS[1], 'at', 'e', 'f', 'p', 'b')
if not meta[1] then
    return {}
end
if meta[1] ~= ARGV[1] then
    local missed = {}
    if tonumber(ARGV[3]) >= tonumber(meta[3]) then
        missed = call('XRANGE', KEYS[2], ARGV[3] .. '-0', '+', 'COUNT', 64)
    end
    return {0, meta[1], meta[2], meta[3], missed}
end
local epoch = meta[2]
if ARGV[5] ~= '' and epoch ~= ARGV[5] then
    return {2, epoch}
end

local retained = tonumber(string.match(meta[4], ':(%d+)$')) * 1000 + tonumber(ARGV[11])
-- All blobs are there, whole, or nothing happens.
local b = tonumber(ARGV[10])
if b > 0 then
    local first_key, at = #KEYS - b, #ARGV - 3 * b
    local missing = {3}
    for i = 1, b do
        if call('HGET', KEYS[first_key + i], 's') ~= ARGV[at + 3 * i - 2] then
            missing[#missing + 1] = i - 1
        end
    end
    if #missing > 1 then
        return missing
    end
    for i = 1, b do
        local life = math.max(retained, tonumber(ARGV[at + 3 * i - 1]))
        local left = call('PTTL', KEYS[first_key + i])
        -- One of the GroupInfo's has no end.
        if left >= 0 and left < life then
            call('PEXPIRE', KEYS[first_key + i], string.format('%.0f', life))
        end
        call('HSETNX', KEYS[first_key + i], 'p', ARGV[at + 3 * i])
    end
end

local before = ARGV[3] - 1
local n, w, r = tonumber(ARGV[4]), tonumber(ARGV[8]), tonumber(ARGV[9])
local at = 14
for i = 1, n do
    call('XADD', KEYS[2], (before + i) .. '-0', 'e', ARGV[at + i])
end
at = at + n
for i = 1, n do
    call('HSET', KEYS[tonumber(ARGV[at + 2 * i])], ARGV[at + 2 * i - 1], before + i)
end
at = at + 2 * n
for i = 1, w do
    call('HSET', KEYS[6], ARGV[at + 2 * i - 1], ARGV[at + 2 * i])
end
at = at + 2 * w

-- A membership is owner (16 bytes), first visible (u64), last visible (u64).
local OPEN = '\127\255\255\255\255\255\255\255'
local function remove(member, last)
    local membership = call('HGET', KEYS[3], member)
    if membership and string.sub(membership, 25) == OPEN then
        call('HSET', KEYS[3], member, string.sub(membership, 1, 24) .. last)
        local owner = string.sub(membership, 1, 16)
        if call('HINCRBY', KEYS[4], owner, -1) == 0 then
            call('HDEL', KEYS[4], owner)
        end
    end
end
local function add(member, owner, first)
    local membership = call('HGET', KEYS[3], member)
    if not membership or string.sub(membership, 25) ~= OPEN then
        call('HSET', KEYS[3], member, owner .. first .. OPEN)
        call('HINCRBY', KEYS[4], owner, 1)
    end
end
for i = 1, r do
    local last, first, removed, added = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
    for o = 1, #removed, 16 do
        remove(string.sub(removed, o, o + 15), last)
    end
    for o = 1, #added, 32 do
        add(string.sub(added, o, o + 15), string.sub(added, o + 16, o + 31), first)
    end
    at = at + 4
end
if ARGV[6] ~= '' then
    epoch = ARGV[6]
    call('DEL', KEYS[7])
    if ARGV[7] == '' then
        call('DEL', KEYS[5])
    else
        call('SET', KEYS[5], ARGV[7])
    end
    -- The GroupInfo's blobs have no end while it is the newest, those of the one before end from now on.
    -- Their keys are made here: which they were is known only inside the step. All have one hash tag.
    local stem = string.sub(KEYS[1], 1, -5) .. 'blob:'
    local before, now = meta[5] or '', ARGV[14]
    for i = 1, #before, 64 do
        local life = math.max(retained, tonumber(ARGV[13]))
        call('PEXPIRE', stem .. string.sub(before, i, i + 63), string.format('%.0f', life))
    end
    for i = 1, #now, 64 do
        call('PERSIST', stem .. string.sub(now, i, i + 63))
    end
    call('HSET', KEYS[1], 'b', now)
end
-- Some more than are told may be kept: the reader takes the first 1,024.
if ARGV[12] ~= '' and call('STRLEN', KEYS[7]) < 8192 then
    call('APPEND', KEYS[7], ARGV[12])
end
call('HSET', KEYS[1], 'at', ARGV[2], 'e', epoch)
return {1, epoch, meta[3]}
