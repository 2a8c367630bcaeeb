-- Adds charges to an account.
-- Returns {measure, microseconds of debt, …} for each measure of which the account owes something.
local account = KEYS[1] -- hash: measure -> microseconds of Redis's clock at which all its charges
-- are paid; it expires when all of them are
local clock_offset = tonumber(ARGV[1]) -- microseconds added to Redis's clock: 0 except in tests
local FIRST = 2 -- from here on ARGV has pairs: measure, microseconds to add

local call = redis.call
local time = call('TIME')
local now = time[1] * 1000000 + time[2] + clock_offset
local paid = {}
local order = {}
local stored = call('HGETALL', account)
for i = 1, #stored, 2 do
    local measure, ends = stored[i], tonumber(stored[i + 1])
    if ends > now then
        paid[measure] = ends
        order[#order + 1] = measure
    else
        call('HDEL', account, measure)
    end
end
for i = FIRST, #ARGV, 2 do
    local measure = ARGV[i]
    if not paid[measure] then
        order[#order + 1] = measure
    end
    paid[measure] = (paid[measure] or now) + tonumber(ARGV[i + 1])
    call('HSET', account, measure, string.format('%.0f', paid[measure]))
end
local reply = {}
local longest = 0
for _, measure in ipairs(order) do
    local debt = paid[measure] - now
    longest = math.max(longest, debt)
    reply[#reply + 1] = measure
    reply[#reply + 1] = string.format('%.0f', debt)
end
if #ARGV >= FIRST then
    call('PEXPIRE', account, string.format('%.0f', math.ceil(longest / 1000) + 1))
end
return reply
