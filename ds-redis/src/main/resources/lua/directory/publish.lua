-- Shelves KeyPackages of one client whose refs were just claimed for it.
-- Answers one 1 (shelved) or 0 (too many) per package, in order.
-- KEYS[1] devices of the user (hash), KEYS[2] suites of the client (set),
-- KEYS[3..] per suite: single-use ones (list) and the last resort (string), in turn
-- ARGV[1] the client's pseudonym, ARGV[2] sealed device name, ARGV[3] how many single-use ones per suite,
-- ARGV[4..] per package: index of its suite's list in KEYS, suite, 1 for last resort or 0, expiry in
-- milliseconds, the sealed package
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
local most = tonumber(ARGV[3])
local outcomes = {}
local function keep(key, expires)
    if redis.call('PTTL', key) < 0 then
        redis.call('PEXPIREAT', key, expires)
    else
        redis.call('PEXPIREAT', key, expires, 'GT')
    end
end
for i = 4, #ARGV, 5 do
    local shelf, suite, last, expires, package = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
    local outcome = 1
    redis.call('SADD', KEYS[2], suite)
    if last == '1' then
        redis.call('SET', KEYS[shelf + 1], expires .. ':' .. package, 'PXAT', expires)
    elseif redis.call('LLEN', KEYS[shelf]) >= most then
        outcome = 0
    else
        redis.call('RPUSH', KEYS[shelf], expires .. ':' .. package)
        keep(KEYS[shelf], expires)
    end
    outcomes[#outcomes + 1] = outcome
end
return outcomes
