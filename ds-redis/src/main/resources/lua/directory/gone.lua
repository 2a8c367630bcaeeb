-- Which devices of one user were revoked and have not published anything since. Answers 1 or 0 for each.
-- KEYS[1] revoked devices of the user (hash), KEYS[2] devices of the user (hash)
-- ARGV the clients' pseudonyms, 256 at most
local revoked = redis.call('HMGET', KEYS[1], unpack(ARGV))
local published = redis.call('HMGET', KEYS[2], unpack(ARGV))
local gone = {}
for i = 1, #ARGV do
    gone[i] = revoked[i] and not published[i] and 1 or 0
end
return gone
