-- Replaces an entry of the stream of revocations, which cannot be changed, by a new one, if it
-- exists. Nodes that have read it read it again.
-- Returns {1} when replaced, else {0}.
local stream_key = KEYS[1] -- stream
local id = ARGV[1] -- of the entry
local client = ARGV[2] -- sealed name
local millis = ARGV[3] -- time of the revocation

if redis.call('XDEL', stream_key, id) == 0 then
    return {0}
end
redis.call('XADD', stream_key, '*', 'c', client, 't', millis)
return {1}
