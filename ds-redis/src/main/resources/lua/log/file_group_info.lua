-- Stores a GroupInfo of the current epoch, apart from a commit, with the blobs that it refers to.
-- Returns {1} when stored,
--         {0, position, epoch, first retained} when the group is in another epoch, the log has
--         another incarnation, or a void came after the position that the caller has seen,
--         {3, indexes of blobs from 0} when blobs that it refers to are missing,
--         {8, names} when the stored GroupInfo has other blobs than the caller passed, with their
--         names,
--         {} when there is no such group.
local meta_key = KEYS[1] -- hash
local info_key = KEYS[2] -- string, GroupInfo
local uploads_key = KEYS[3] -- sorted set, see blobs.lua
local kept_key = KEYS[4] -- sorted set
local kept_bytes_key = KEYS[5] -- string
local troubles_key = KEYS[6] -- hash, see note_troubles.lua
local BLOBS_AT = 6 -- then the b blobs that it refers to, and those of the stored GroupInfo
local incarnation = ARGV[1] -- 16 bytes
local epoch = ARGV[2]
local info = ARGV[3] -- sealed GroupInfo
local info_blobs = ARGV[4] -- names of its blobs, 64 hexadecimal digits each
local info_before = ARGV[5] -- names of the stored GroupInfo's blobs as the caller knows them
local slack = tonumber(ARGV[6]) -- milliseconds that a blob outlives the retention
local part_life = tonumber(ARGV[7]) -- milliseconds, minimum life of data for joiners
local seen = tonumber(ARGV[8]) -- a void after this position refuses
local FIXED = 8 -- then the size of each of the b blobs

local call = redis.call
local meta = call('HMGET', meta_key, 'at', 'e', 'f', 'pr', 'b', 'v')
if not meta[1] then
    return {}
end
if string.sub(meta[1], 1, 16) ~= incarnation or meta[2] ~= epoch or tonumber(meta[6] or 0) > seen then
    return {0, meta[1], meta[2], meta[3]}
end
if (meta[5] or '') ~= info_before then
    return {8, meta[5] or ''}
end
local b = #ARGV - FIXED
local missing = {3}
for i = 1, b do
    if call('HGET', KEYS[BLOBS_AT + i], 's') ~= ARGV[FIXED + i] then
        missing[#missing + 1] = i - 1
    end
end
if #missing > 1 then
    return missing
end

local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local life = math.max(tonumber(meta[4]) * 1000 + slack, part_life)
call('SET', info_key, info)
for i = BLOBS_AT + b + 1, #KEYS do
    if not string.find(info_blobs, string.sub(KEYS[i], -64), 1, true) then
        expire_blob(uploads_key, kept_key, kept_bytes_key, KEYS[i], now, life)
    end
end
for i = 1, b do
    persist_blob(uploads_key, kept_key, kept_bytes_key, KEYS[BLOBS_AT + i], ARGV[FIXED + i])
end
call('HSET', meta_key, 'b', info_blobs)
call('HDEL', troubles_key, 'se', 'st')
return {1}
