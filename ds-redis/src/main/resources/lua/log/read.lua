-- Reads entries from a position on, up to a count, or up to the entry whose message reaches the
-- bytes.
-- Returns {} when there is no such group, else {position, epoch, first retained, entries, wrapped
-- key}, with no entries when the position is no longer retained.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream
local first = tonumber(ARGV[1]) -- first position
local count = tonumber(ARGV[2]) -- maximum number of entries
local bytes = tonumber(ARGV[3]) -- bytes of messages
local held = tonumber(ARGV[4]) -- bytes of whole entries

local meta = redis.call('HMGET', meta_key, 'at', 'e', 'f', 'k')
if not meta[1] then
    return {}
end
local brought = {}
if first >= tonumber(meta[3]) then
    brought = read_entries(log_key, first, count, bytes, held, false)
end
return {meta[1], meta[2], meta[3], brought, meta[4] or ''}
