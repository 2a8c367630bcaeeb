-- Summarizes one inbox. Returns {number of items, their weight, number of dropped items}.
-- KEYS[1..6] and ARGV[1] are bound by inbox.lua.
prune(32)
local sums = call('HMGET', info, '#w', '#d')
return {call('ZCARD', order), tonumber(sums[1] or 0), tonumber(sums[2] or 0)}
