-- Reads the initial state of a group's actor, as of one instant.
-- Returns {} when there is no such group, else {position, epoch, first retained, values of the
-- policy, number of unreleased Welcomes, entries with the newest first, positions of the epoch's
-- proposals (u64 each), provisional commits, owner of the creator, sealed successor, wrapped key,
-- position at which the operator froze the group or 0, sealed departures}. Other values that do not
-- exist are empty.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream
local welcomes_key = KEYS[3] -- hash
local proposals_key = KEYS[4] -- string
local count = tonumber(ARGV[1]) -- maximum number of entries
local bytes = tonumber(ARGV[2]) -- bytes of their messages
local held = tonumber(ARGV[3]) -- bytes of whole entries
local FIXED = 3 -- then the names of the policy's fields

local meta = redis.call('HMGET', meta_key, 'at', 'e', 'f', 'u', 'o', 's', 'k', 'z', 'l')
if not meta[1] then
    return {}
end
local recent = read_entries(log_key, 0, count, bytes, held, true)
local policy = redis.call('HMGET', meta_key, unpack(ARGV, FIXED + 1))
return {meta[1], meta[2], meta[3], policy, redis.call('HLEN', welcomes_key), recent,
    redis.call('GET', proposals_key) or '', meta[4] or '', meta[5] or '',
    meta[6] or '', meta[7] or '', meta[8] or 0, meta[9] or ''}
