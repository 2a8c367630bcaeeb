-- Reads the initial state of a group's actor, as of one instant.
-- Returns {} when there is no such group, else {position, epoch, first retained, past epochs,
-- external join, retention in seconds, rejections that void a commit, who may name a
-- successor, number of unreleased Welcomes, entries with the newest first, positions of the epoch's proposals (u64 each),
-- provisional commits, owner of the creator, sealed successor}; empty values where there are none.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream
local welcomes_key = KEYS[3] -- hash
local proposals_key = KEYS[4] -- string
local count = tonumber(ARGV[1]) -- maximum number of entries
local bytes = tonumber(ARGV[2]) -- bytes of their messages
local held = tonumber(ARGV[3]) -- bytes of whole entries

local meta = redis.call('HMGET', meta_key, 'at', 'e', 'f', 'pe', 'pj', 'pr', 'pv', 'pi', 'u', 'o', 's')
if not meta[1] then
    return {}
end
local recent = read_entries(log_key, 0, count, bytes, held, true)
return {meta[1], meta[2], meta[3], meta[4], meta[5], meta[6], meta[7] or '0',
    meta[8] or '0', redis.call('HLEN', welcomes_key), recent, redis.call('GET', proposals_key) or '',
    meta[9] or '', meta[10] or '', meta[11] or ''}
