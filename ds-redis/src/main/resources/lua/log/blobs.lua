-- Shared by the scripts that store blobs: accounts for the blobs of a group. A member of `uploads`
-- and `kept` is a blob's name, 64 digits, and its size. Its score is the expiry of the blob in
-- milliseconds, or +inf.

-- Maximum of expired blobs that one script removes from the accounts.
local FORGOTTEN_MAX = 256

local function blob_member(blob_key, size)
    return string.sub(blob_key, -64) .. size
end

local function blob_bytes(members)
    local bytes = 0
    for _, member in ipairs(members) do
        bytes = bytes + tonumber(string.sub(member, 65))
    end
    return bytes
end

-- Counts the blob as kept until `ends`, and no longer as an upload.
local function keep_blob(uploads_key, kept_key, bytes_key, blob_key, size, ends)
    local member = blob_member(blob_key, size)
    redis.call('ZREM', uploads_key, member)
    if redis.call('ZADD', kept_key, ends, member) == 1 then
        redis.call('INCRBY', bytes_key, size)
    end
end

-- Takes the expiry from a blob of the GroupInfo that is now stored.
local function persist_blob(uploads_key, kept_key, bytes_key, blob_key, size)
    redis.call('PERSIST', blob_key)
    keep_blob(uploads_key, kept_key, bytes_key, blob_key, size, '+inf')
end

-- Gives an expiry, in `life` milliseconds, to a blob of the GroupInfo that was stored until now.
local function expire_blob(uploads_key, kept_key, bytes_key, blob_key, now, life)
    local size = redis.call('HGET', blob_key, 's')
    if size then
        redis.call('PEXPIRE', blob_key, string.format('%.0f', life))
        keep_blob(uploads_key, kept_key, bytes_key, blob_key, size, string.format('%.0f', now + life))
    end
end

local function forget_blobs(uploads_key, kept_key, bytes_key, now)
    local ended = string.format('%.0f', now)
    redis.call('ZREMRANGEBYSCORE', uploads_key, '-inf', ended)
    local gone = redis.call('ZRANGEBYSCORE', kept_key, '-inf', ended, 'LIMIT', 0, FORGOTTEN_MAX)
    if #gone > 0 then
        redis.call('ZREM', kept_key, unpack(gone))
        redis.call('DECRBY', bytes_key, string.format('%.0f', blob_bytes(gone)))
    end
end
