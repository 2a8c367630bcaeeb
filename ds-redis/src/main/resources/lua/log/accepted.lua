-- Shared by the scripts that decide by the age of entries.

local function varint(value, at)
    local number, scale = 0, 1
    local byte = string.byte(value, at)
    while byte >= 128 do
        number = number + (byte - 128) * scale
        scale = scale * 128
        at = at + 1
        byte = string.byte(value, at)
    end
    return number + byte * scale, at + 1
end
-- Reads the accepted time of a StoredEntry: message (field 1), kind (2), epoch (3), milliseconds
-- (4). An empty field is absent. A sealed entry begins with the milliseconds.
local function accepted(value)
    local at, size = 1
    if string.byte(value, at) == 10 then
        size, at = varint(value, at + 1)
        at = at + size
    end
    while true do
        local tag = string.byte(value, at)
        local number
        number, at = varint(value, at + 1)
        if tag == 32 then
            return number
        elseif tag > 32 then
            return 0
        end
    end
end
