-- Checks which devices of one user were revoked and have not published since. Returns 1 or 0 for
-- each.
local revocations = KEYS[1] -- hash, revoked devices of the user
local devices = KEYS[2] -- hash, devices of the user
-- ARGV: pseudonyms of the clients, 256 at most

local revoked = redis.call('HMGET', revocations, unpack(ARGV))
local published = redis.call('HMGET', devices, unpack(ARGV))
local gone = {}
for i = 1, #ARGV do
    gone[i] = revoked[i] and not published[i] and 1 or 0
end
return gone
