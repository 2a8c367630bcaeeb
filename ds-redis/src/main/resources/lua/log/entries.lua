-- Shared by the scripts that return entries: reads whole entries with few bytes beyond the limit.

-- The maximum bytes of one entry: a message of 64 KiB, 4,096 removed members of 16 bytes, 512 added
-- ones of 32, 1,024 voided proposals of 9, and 300 for the rest and the seal. An entry with
-- names of 16 KiB has at most 512 members, so it is shorter.
local ENTRY_BYTES_MAX = 160000

local function entry_varint(entry, at)
    local number, scale = 0, 1
    local byte = string.byte(entry, at)
    while byte >= 128 do
        number = number + (byte - 128) * scale
        scale = scale * 128
        at = at + 1
        byte = string.byte(entry, at)
    end
    return number + byte * scale, at + 1
end

-- Size of the message of an entry. A sealed entry begins with field 4, a varint, and then has the
-- size in field 18, which is absent for 0. Another entry begins with the message: 0x0a, its length,
-- and the bytes.
local function message_size(entry)
    local at = 1
    if string.byte(entry, 1) == 10 then
        return (entry_varint(entry, 2))
    elseif string.byte(entry, 1) == 32 then
        at = select(2, entry_varint(entry, 2))
    end
    return string.byte(entry, at) == 144 and (entry_varint(entry, at + 2)) or 0
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
