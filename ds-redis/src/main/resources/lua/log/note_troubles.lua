-- Counts troubles of a group.
-- Returns {1} when any were counted, {0} when none were, {} when there is no such group.
local meta_key = KEYS[1] -- hash
local info_key = KEYS[2] -- string, GroupInfo
local troubles_key = KEYS[3] -- hash: `r`, `v`, `j`, `s`, `z` counts by kind, `t` milliseconds of
-- the last; `ve` epoch that the last void restored, `vt` its milliseconds; `se` epoch that the last
-- commit without a GroupInfo began, `st` milliseconds since when the GroupInfo is stale
local life = ARGV[1] -- milliseconds for which they are kept
local voided = ARGV[2] -- epoch that a void restored; empty for none
local FIXED = 2 -- then for each trouble its field, and the epochs before and after it

local call = redis.call
if call('HEXISTS', meta_key, 'at') == 0 then
    return {}
end
local time = call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local counted = 0
for i = FIXED + 1, #ARGV, 3 do
    local field = ARGV[i]
    if field ~= 's' then
        call('HINCRBY', troubles_key, field, 1)
        counted = 1
    elseif call('EXISTS', info_key) == 1 then
        if call('HGET', troubles_key, 'se') ~= ARGV[i + 1] then
            call('HSET', troubles_key, 'st', now)
        end
        call('HSET', troubles_key, 'se', ARGV[i + 2])
        call('HINCRBY', troubles_key, field, 1)
        counted = 1
    end
end
if voided ~= '' then
    call('HSET', troubles_key, 've', voided, 'vt', now)
end
if counted == 1 then
    call('HSET', troubles_key, 't', now)
    call('PEXPIRE', troubles_key, life)
end
return {counted}
