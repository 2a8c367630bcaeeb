-- Deletes the oldest entries: those beyond the retention by Redis's clock, those before the bytes
-- that the group's policy keeps, and more while the log contains too many bytes; by bytes in whole
-- segments. The newest entry stays. It reads few entries, independent of their number, and deletes
-- a bounded number. Removed members whose last visible position was deleted are deleted, too.
-- A stream keeps the bytes of a deleted entry for as long as it has another entry of the same node,
-- in memory and in the files of Redis. So a log that fits into one node is written anew.
-- Returns {} when there is no such group, else {number of deleted entries, 1 when more may remain
-- or 0}.
local meta_key = KEYS[1] -- hash
local log_key = KEYS[2] -- stream
local sizes_key = KEYS[3] -- hash
local roster_key = KEYS[4] -- hash
local former_key = KEYS[5] -- sorted set
local age = tonumber(ARGV[1]) -- milliseconds
local bytes_max = tonumber(ARGV[2]) -- of all messages of the log
local deleted_max = tonumber(ARGV[3]) -- entries

-- Bytes and entries of one node of a stream, by Redis's default.
local NODE_BYTES, NODE_ENTRIES = 4096, 100

local call = redis.call
local meta = call('HMGET', meta_key, 'f', 'y', 'pb')
if not meta[1] then
    return {}
end
local newest = call('XREVRANGE', log_key, '+', '-', 'COUNT', 1)[1]
if not newest then
    return {0, 0}
end
local function position(entry)
    return tonumber(string.match(entry[1], '^%d+'))
end
local first, bytes = tonumber(meta[1]), tonumber(meta[2])
local kept_bytes = tonumber(meta[3] or 0) -- by the policy; 0: no such rule
local last = math.min(position(newest), first + deleted_max)

local time = call('TIME')
local before = time[1] * 1000 + math.floor(time[2] / 1000) - age
-- Finds the first entry within the retention, in (first - 1, last]. Entries are ordered by time.
local low, high = first, last
while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = call('XRANGE', log_key, middle .. '-0', middle .. '-0')[1]
    if not entry or accepted(entry[2][2]) < before then
        low = middle + 1
    else
        high = middle
    end
end
local keep = low
-- Also deletes whole segments while there are too many bytes, or the segments after it contain those
-- that the policy keeps.
local function size(segment)
    return tonumber(call('HGET', sizes_key, segment) or 0)
end
local segment = math.floor(keep / SEGMENT)
local over = bytes
for s = math.floor(first / SEGMENT), segment - 1 do
    over = over - size(s)
end
local more = 0
while over > bytes_max or kept_bytes > 0 and over - size(segment) >= kept_bytes do
    local next_first = (segment + 1) * SEGMENT
    if next_first > last then
        more = next_first <= position(newest) and 1 or 0
        break
    end
    over = over - size(segment)
    segment = segment + 1
    keep = next_first
end
local function write_anew()
    if call('XLEN', log_key) > NODE_ENTRIES then
        return
    end
    local kept, size = {}, 0
    for p = keep, position(newest) do
        local entry = call('XRANGE', log_key, p .. '-0', p .. '-0')[1]
        size = size + (entry and #entry[2][2] or 0)
        if size > NODE_BYTES then
            return
        end
        kept[#kept + 1] = entry
    end
    call('DEL', log_key)
    for _, entry in ipairs(kept) do
        call('XADD', log_key, entry[1], 'e', entry[2][2])
    end
end
if keep > first then
    for s = math.floor(first / SEGMENT), math.floor(keep / SEGMENT) - 1 do
        bytes = bytes - size(s)
        call('HDEL', sizes_key, s)
    end
    call('XTRIM', log_key, 'MINID', keep .. '-0')
    write_anew()
    call('HSET', meta_key, 'f', keep, 'y', string.format('%.0f', bytes))
end
local gone = call('ZRANGEBYSCORE', former_key, '-inf', '(' .. keep, 'LIMIT', 0, 512)
if #gone > 0 then
    call('ZREM', former_key, unpack(gone))
    call('HDEL', roster_key, unpack(gone))
end
if keep - first == deleted_max or #gone == 512 then
    more = 1
end
return {keep - first, more}
