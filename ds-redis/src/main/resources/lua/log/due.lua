-- Reads what decides when a group must be swept next.
-- Returns {} when there is no such group, else {retention in seconds, 1 when it has older entries
-- than the newest or 0, milliseconds at which the oldest entry was accepted, this time in
-- milliseconds}.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream

local call = redis.call
local retention = call('HGET', meta_key, 'pr')
if not retention then
    return {}
end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if call('XLEN', log_key) < 2 then
    return {retention, 0, 0, now}
end
local oldest = call('XRANGE', log_key, '-', '+', 'COUNT', 1)[1]
return {retention, 1, accepted(oldest[2][2]), now}
