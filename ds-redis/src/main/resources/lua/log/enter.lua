-- Enters a group into the index of groups to sweep, unless it is there. The entry of a group about
-- to be created changes in any case: a sweep that did not find the group then leaves it in the
-- index. That of a group about to be deleted becomes due no later than after the delay, that of one
-- about to get another policy exactly then: no sweep reads the policy before the change and then
-- sets by it when the group is due.
-- Returns {when it is due in milliseconds}.
local index_key = KEYS[1] -- sorted set: name of a group, by the milliseconds at which it is due
local name = ARGV[1] -- of the group
local delay = tonumber(ARGV[2]) -- milliseconds until it is due
local purpose = ARGV[3] -- 'create', 'find', 'delete' or 'policy'

local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = tonumber(call('ZSCORE', index_key, name) or '')
if not due or purpose == 'policy' or (purpose == 'delete' and due > now + delay) then
    due = now + delay
    call('ZADD', index_key, string.format('%.0f', due), name)
elseif purpose == 'create' then
    due = due + 1
    call('ZADD', index_key, string.format('%.0f', due), name)
end
return {string.format('%.0f', due)}
