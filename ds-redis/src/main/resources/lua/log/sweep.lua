-- Reads a page of traces from the outbox, oldest first. Returns name and milliseconds of each.
local outbox_key = KEYS[1] -- sorted set: name of a group, by milliseconds
local age = tonumber(ARGV[1]) -- minimum age of a trace in milliseconds
local count = tonumber(ARGV[2]) -- maximum number of traces
local last_name = ARGV[3] -- of the last trace of the page before; empty for the first page
local last_time = ARGV[4] -- its milliseconds; empty for the first page

local time = redis.call('TIME')
local until_then = time[1] * 1000 + math.floor(time[2] / 1000) - age
local from = 0
if last_name ~= '' then
    if tonumber(redis.call('ZSCORE', outbox_key, last_name) or -1) == tonumber(last_time) then
        from = redis.call('ZRANK', outbox_key, last_name) + 1
    else
        -- That trace was removed: continue with those of its time, some of which may repeat.
        from = redis.call('ZCOUNT', outbox_key, '-inf', '(' .. last_time)
    end
end
local page = {}
local traces = redis.call('ZRANGE', outbox_key, from, from + count - 1, 'WITHSCORES')
for i = 1, #traces, 2 do
    if tonumber(traces[i + 1]) > until_then then
        break
    end
    page[#page + 1] = traces[i]
    page[#page + 1] = traces[i + 1]
end
return page
