-- Reads the oldest entries without their messages, the newest entry of the log excepted.
-- Answers {} when there is no such group, else {first retained, oldest epoch with resend keys, policy, entries}.
-- KEYS[1] meta (hash), KEYS[2] log (stream)
-- ARGV[1] how many at most
local meta = redis.call('HMGET', KEYS[1], 'f', 'k', 'p')
if not meta[1] then
    return {}
end
local entries = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', ARGV[1] + 1)
if #entries > 0 then
    entries[#entries] = nil
end
-- The message is the first field: 0x0a, its length as a varint, its bytes.
for _, entry in ipairs(entries) do
    local value = entry[2][2]
    if string.byte(value, 1) == 10 then
        local size, scale, at = 0, 1, 2
        local byte = string.byte(value, at)
        while byte >= 128 do
            size = size + (byte - 128) * scale
            scale = scale * 128
            at = at + 1
            byte = string.byte(value, at)
        end
        entry[2][2] = string.sub(value, at + size + byte * scale + 1)
    end
end
return {meta[1], meta[2], meta[3], entries}
