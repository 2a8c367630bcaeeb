-- Gives a group of an earlier release its key, unless it has one.
-- Returns {wrapped key} with the one that it has now, or {} when there is no such group.
local meta_key = KEYS[1] -- hash
local fresh = ARGV[1] -- wrapped key

local call = redis.call
if call('HEXISTS', meta_key, 'at') == 0 then
    return {}
end
call('HSETNX', meta_key, 'k', fresh)
return {call('HGET', meta_key, 'k')}
