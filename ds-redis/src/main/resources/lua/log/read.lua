-- Reads entries from a position on, up to a count, or up to the one whose message reaches the bytes.
-- Answers {} when there is no such group, else {place, epoch, first retained, entries}; no entries when
-- the position is no longer retained.
-- KEYS[1] meta (hash), KEYS[2] log (stream)
-- ARGV[1] first position, ARGV[2] how many at most, ARGV[3] bytes of messages
local meta = redis.call('HMGET', KEYS[1], 'at', 'e', 'f')
if not meta[1] then
    return {}
end
local brought = {}
local first, left, bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if first < tonumber(meta[3]) then
    return {meta[1], meta[2], meta[3], brought}
end
-- The message is the first field of an entry: 0x0a, its length as a varint, its bytes.
local function message_size(entry)
    local a, b, c, d = string.byte(entry, 2, 5)
    if string.byte(entry, 1) ~= 10 then
        return 0
    elseif a < 128 then
        return a
    elseif b < 128 then
        return a - 128 + b * 128
    elseif c < 128 then
        return a - 128 + (b - 128) * 128 + c * 16384
    end
    return a - 128 + (b - 128) * 128 + (c - 128) * 16384 + d * 2097152
end
while left > 0 and bytes > 0 do
    local wanted = math.min(left, 32)
    local chunk = redis.call('XRANGE', KEYS[2], first .. '-0', '+', 'COUNT', wanted)
    for _, entry in ipairs(chunk) do
        brought[#brought + 1] = entry
        bytes = bytes - message_size(entry[2][2])
        if bytes <= 0 then
            break
        end
    end
    if #chunk < wanted then
        break
    end
    first = first + wanted
    left = left - wanted
end
return {meta[1], meta[2], meta[3], brought}
