-- Shared by the scripts that return entries: reads whole entries with few bytes beyond the limit.

-- The maximum bytes of one entry: a message of 64 KiB, 4,096 removed members of 16 bytes, 512 added
-- ones of 32, 1,024 voided proposals of 9, and 200 for the rest.
local ENTRY_BYTES_MAX = 160000

-- Size of the message of an entry. Its first field is 0x0a, the length as a varint, and the bytes.
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

-- Reads entries from a position on (with `backwards`: from the newest down to it). It stops after
-- `count` entries, at the entry whose message reaches `bytes`, or after `held` bytes of whole
-- entries.
local function read_entries(log, first, count, bytes, held, backwards)
    local brought = {}
    local bound = backwards and '+' or (first .. '-0')
    while count > 0 and bytes > 0 and held > 0 do
        local wanted = math.max(1, math.min(count, 32, math.floor(held / ENTRY_BYTES_MAX)))
        local page
        if backwards then
            page = redis.call('XREVRANGE', log, bound, '-', 'COUNT', wanted)
        else
            page = redis.call('XRANGE', log, bound, '+', 'COUNT', wanted)
        end
        for _, entry in ipairs(page) do
            if bytes <= 0 then
                break
            end
            brought[#brought + 1] = entry
            bytes = bytes - message_size(entry[2][2])
            held = held - #entry[2][2]
        end
        if #page < wanted then
            break
        end
        count = count - wanted
        bound = '(' .. page[#page][1]
    end
    return brought
end
