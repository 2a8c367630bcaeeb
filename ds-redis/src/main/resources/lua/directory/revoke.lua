-- Records that a device was revoked. The later of two times is kept.
-- Returns {1}, or {0} when the user has revoked the maximum of other devices.
local revocations = KEYS[1] -- hash, revoked devices of the user
local client = ARGV[1] -- the client's pseudonym
local at = ARGV[2] -- milliseconds
local count_max = tonumber(ARGV[3]) -- of the user's revoked devices

local before = redis.call('HGET', revocations, client)
if not before and redis.call('HLEN', revocations) >= count_max then
    return {0}
end
if not before or tonumber(before) < tonumber(at) then
    redis.call('HSET', revocations, client, at)
end
return {1}
