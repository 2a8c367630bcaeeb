-- Puts one chunk of a blob, and lets the blob live at least so long from now.
-- Answers {1 when the blob was whole before, else 0}; then nothing but its life has changed.
-- KEYS[1] blob (hash): chunks by their number from 0, 's' its size once it is whole, 'p' set by the
-- append that first refers to it
-- ARGV[1] milliseconds it must live at least, ARGV[2] its size with the last chunk, else empty,
-- ARGV[3] the chunk's number, ARGV[4] the sealed chunk; without a chunk both are missing
local key = KEYS[1]
local whole = redis.call('HEXISTS', key, 's')
if whole == 0 and ARGV[3] then
    redis.call('HSET', key, ARGV[3], ARGV[4])
    if ARGV[2] ~= '' then
        redis.call('HSET', key, 's', ARGV[2])
    end
end
local left = redis.call('PTTL', key)
-- A whole one without an end belongs to the group's GroupInfo.
local endless = left == -1 and whole == 1
if left ~= -2 and not endless and left < tonumber(ARGV[1]) then
    redis.call('PEXPIRE', key, ARGV[1])
end
return {whole}
