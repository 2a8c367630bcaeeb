-- Writes, then fails.
-- KEYS[1] (string)
redis.call('SET', KEYS[1], 'no number')
redis.call('INCR', KEYS[1])
return {1}
