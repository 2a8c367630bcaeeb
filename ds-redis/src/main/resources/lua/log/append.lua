-- Appends messages of one epoch, without a commit, if the log ends where expected.
-- Returns {1, epoch, first retained, 1 if another append arrived late since the last} when
-- appended,
--         {0, position, epoch, first retained, entries after the expected position, wrapped key}
--         when it ends elsewhere,
--         {6, milliseconds} with the store's time when the node's clock differs too much,
--         {7} when the log contains too many bytes,
--         {9} when the group has another key than the entries are sealed under,
--         {} when there is no such group.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream
local seen_key = KEYS[3] -- hash, resend keys of the epoch
local proposals_key = KEYS[4] -- string, positions of the epoch's proposals
local sizes_key = KEYS[5] -- hash, bytes by segments of positions
local expected = ARGV[1] -- log position before, 56 bytes
local after = ARGV[2] -- log position after, 56 bytes
local first = tonumber(ARGV[3]) -- first new position
local n = tonumber(ARGV[4]) -- number of entries
local proposals = ARGV[5] -- positions of the proposals, u64 each
local bytes = tonumber(ARGV[6]) -- of the messages
local accepted = tonumber(ARGV[7]) -- milliseconds, when the node accepted them
local skew_max = tonumber(ARGV[8]) -- milliseconds
local bytes_max = tonumber(ARGV[9]) -- of all messages of the log
local group_key = ARGV[10] -- id of the group's key, 8 bytes
local FIXED = 10 -- then n entries, then n pairs of a resend key (16 bytes) and its position

local call = redis.call
local meta = call('HMGET', meta_key, 'at', 'e', 'f', 'y', 'pr', 'w', 'k')
if meta[1] ~= expected then
    if not meta[1] then
        return {}
    end
    if not meta[6] then
        call('HSET', meta_key, 'w', 1)
    end
    local missed = {}
    if first >= tonumber(meta[3]) then
        missed = read_entries(log_key, first, 64, 262144, 524288, false)
    end
    return {0, meta[1], meta[2], meta[3], missed, meta[7] or ''}
end
if string.sub(meta[7] or '', 1, 8) ~= group_key then
    return {9}
end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if math.abs(now - accepted) > skew_max then
    return {6, now}
end
if tonumber(meta[4]) > bytes_max then
    return {7}
end
for i = 1, n do
    call('XADD', log_key, (first - 1 + i) .. '-0', 'e', ARGV[FIXED + i])
end
if call('HSET', seen_key, unpack(ARGV, FIXED + 1 + n, FIXED + 3 * n)) == n and call('HLEN', seen_key) == n then
    call('PEXPIRE', seen_key, resend_life(tonumber(meta[5])))
end
-- The string may contain more than the reader uses: it takes the first 1,024.
if proposals ~= '' and call('STRLEN', proposals_key) < 8192 then
    call('APPEND', proposals_key, proposals)
end
call('HINCRBY', sizes_key, math.floor(first / SEGMENT), bytes)
call('HSET', meta_key, 'at', after, 'y', meta[4] + bytes)
if meta[6] then
    call('HDEL', meta_key, 'w')
end
return {1, meta[2], meta[3], meta[6] and 1 or 0}
