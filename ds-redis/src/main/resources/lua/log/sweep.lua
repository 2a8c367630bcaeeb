-- Reads a page of traces in the outbox, the oldest first. Answers name and milliseconds of each.
-- KEYS[1] outbox (sorted set): name of a group, by milliseconds
-- ARGV[1] how many milliseconds old a trace is at least, ARGV[2] how many at most, ARGV[3] name and ARGV[4]
-- milliseconds of the last trace of the page before, both empty for the first
local time = redis.call('TIME')
local until_then = time[1] * 1000 + math.floor(time[2] / 1000) - ARGV[1]
local from = 0
if ARGV[3] ~= '' then
    if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[3]) or -1) == tonumber(ARGV[4]) then
        from = redis.call('ZRANK', KEYS[1], ARGV[3]) + 1
    else
        -- It went: on with those of its time, of which some may come again.
        from = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[4])
    end
end
local page = {}
local traces = redis.call('ZRANGE', KEYS[1], from, from + ARGV[2] - 1, 'WITHSCORES')
for i = 1, #traces, 2 do
    if tonumber(traces[i + 1]) > until_then then
        break
    end
    page[#page + 1] = traces[i]
    page[#page + 1] = traces[i + 1]
end
return page
