-- Stores one chunk of a blob and sets the minimum life of the blob from now.
-- Returns {1 when the blob was complete before, else 0}; if it was complete, only its life has
-- changed. Returns {2} and does nothing when the blobs of the group have reached their limit.
local blob_key = KEYS[1] -- hash: chunks by their number from 0, 's' its size once complete, 'p'
-- set by the append that first refers to it
local uploads_key = KEYS[2] -- sorted set of blobs that nothing refers to, see blobs.lua
local kept_key = KEYS[3] -- sorted set of the others
local bytes_key = KEYS[4] -- string, bytes of the blobs in `kept`
local life = tonumber(ARGV[1]) -- minimum life in milliseconds
local size = ARGV[2] -- bytes of the blob
local keep = ARGV[3] == '1' -- 1 for a blob of the service itself: it counts and is never refused
local uploads_max = tonumber(ARGV[4])
local upload_bytes_max = tonumber(ARGV[5])
local blobs_max = tonumber(ARGV[6])
local bytes_max = tonumber(ARGV[7])
local last = ARGV[8] == '1' -- 1 with the last chunk
local number = ARGV[9] -- of the chunk; without a chunk missing
local chunk = ARGV[10] -- sealed

local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = string.format('%.0f', now + life)
local member = blob_member(blob_key, size)
local kept = call('ZSCORE', kept_key, member)
if keep then
    if not kept or tonumber(kept) < now + life then
        keep_blob(uploads_key, kept_key, bytes_key, blob_key, size, ends)
    end
elseif kept then
    call('ZADD', kept_key, 'GT', ends, member)
else
    if not call('ZSCORE', uploads_key, member) then
        forget_blobs(uploads_key, kept_key, bytes_key, now)
        local uploads = call('ZRANGE', uploads_key, 0, -1)
        local upload_bytes = blob_bytes(uploads) + tonumber(size)
        local bytes = tonumber(call('GET', bytes_key) or 0) + upload_bytes
        if #uploads >= uploads_max or upload_bytes > upload_bytes_max or bytes > bytes_max
            or #uploads + call('ZCARD', kept_key) >= blobs_max then
            return {2}
        end
    end
    call('ZADD', uploads_key, 'GT', ends, member)
    if call('PTTL', uploads_key) < life then
        call('PEXPIRE', uploads_key, life)
    end
end

local whole = call('HEXISTS', blob_key, 's')
if whole == 0 and number then
    call('HSET', blob_key, number, chunk)
    if last then
        call('HSET', blob_key, 's', size)
    end
end
local left = call('PTTL', blob_key)
-- A complete blob without an expiry belongs to the group's GroupInfo.
local endless = left == -1 and whole == 1
if left ~= -2 and not endless and left < life then
    call('PEXPIRE', blob_key, life)
end
return {whole}
