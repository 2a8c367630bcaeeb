-- Reads what decides when a group must be swept next.
-- Returns {} when there is no such group, {-1} when its deletion has begun, else {retention in
-- seconds, 1 when it has older entries than the newest or 0, milliseconds at which the oldest entry
-- was accepted or 0, this time in milliseconds, 1 when it has no members or 0}.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream
local owners_key = KEYS[3] -- hash
local merging_key = KEYS[4] -- list

local call = redis.call
local meta = call('HMGET', meta_key, 'pr', 'd')
local retention = meta[1]
if not retention then
    return {}
end
if meta[2] then
    return {-1}
end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local older = call('XLEN', log_key) > 1 and 1 or 0
local oldest = call('XRANGE', log_key, '-', '+', 'COUNT', 1)[1]
local unused = call('EXISTS', owners_key) == 0 and call('EXISTS', merging_key) == 0
return {retention, older, oldest and accepted(oldest[2][2]) or 0, now, unused and 1 or 0}
