-- Writes, then fails.
local number_key = KEYS[1] -- string

redis.call('SET', number_key, 'no number')
redis.call('INCR', number_key)
return {1}
