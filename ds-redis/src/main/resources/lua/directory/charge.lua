-- Charges a user for the checks of an upload. Returns {milliseconds until the next upload}.
local debt = KEYS[1] -- string: milliseconds of Redis's clock at which all charges are paid; it expires
-- then
local clock_offset = ARGV[1] -- milliseconds added to Redis's clock: 0 except in tests
local charge = tonumber(ARGV[2]) -- milliseconds, or 0 to ask
local period = tonumber(ARGV[3]) -- milliseconds that the time may be ahead
local unit = tonumber(ARGV[4]) -- milliseconds of one unit

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + clock_offset
local paid = math.max(tonumber(redis.call('GET', debt) or 0), now) + charge
if charge > 0 then
    redis.call('SET', debt, string.format('%.0f', paid), 'PX', string.format('%.0f', paid - now))
end
return {math.max(0, paid - now - period + unit)}
