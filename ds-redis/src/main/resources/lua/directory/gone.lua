-- Whether a device was revoked and has not published anything since. Answers {1 or 0}.
-- KEYS[1] revoked devices of the user (hash), KEYS[2] devices of the user (hash)
-- ARGV[1] the client's pseudonym
local revoked = redis.call('HEXISTS', KEYS[1], ARGV[1])
return {revoked == 1 and redis.call('HEXISTS', KEYS[2], ARGV[1]) == 0 and 1 or 0}
