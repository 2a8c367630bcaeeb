-- Appends messages of one epoch that are no commits, if the log ends where expected.
-- Answers {1, epoch, first retained} when appended,
--         {0, place, epoch, first retained, entries after the expected place} when it ends elsewhere,
--         {} when there is no such group.
-- KEYS[1] meta (hash), KEYS[2] log (stream), KEYS[3] resend keys of the epoch (hash),
-- KEYS[4] proposals of the epoch (string)
-- ARGV[1] expected place, ARGV[2] place after, ARGV[3] first new position, ARGV[4] number of entries n,
-- ARGV[5] positions of those that are proposals (u64 each), then n entries, then n pairs of a resend key and its position
local call = redis.call
local meta = call('HMGET', KEYS[1], 'at', 'e', 'f')
if meta[1] ~= ARGV[1] then
    if not meta[1] then
        return {}
    end
    local missed = {}
    if tonumber(ARGV[3]) >= tonumber(meta[3]) then
        missed = call('XRANGE', KEYS[2], ARGV[3] .. '-0', '+', 'COUNT', 64)
    end
    return {0, meta[1], meta[2], meta[3], missed}
end
local log = KEYS[2]
local before = ARGV[3] - 1
local n = tonumber(ARGV[4])
for i = 1, n do
    call('XADD', log, (before + i) .. '-0', 'e', ARGV[5 + i])
end
call('HSET', KEYS[3], unpack(ARGV, 6 + n, 5 + 3 * n))
-- Some more than are told may be kept: the reader takes the first 1,024.
if ARGV[5] ~= '' and call('STRLEN', KEYS[4]) < 8192 then
    call('APPEND', KEYS[4], ARGV[5])
end
call('HSET', KEYS[1], 'at', ARGV[2])
return {1, meta[2], meta[3]}
