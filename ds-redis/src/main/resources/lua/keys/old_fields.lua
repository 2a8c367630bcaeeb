-- Finds the fields of a hash whose values are sealed under another key than the current one.
-- Returns {cursor of the next call, names of such fields}.
local hash_key = KEYS[1] -- hash
local cursor = ARGV[1]
local count = tonumber(ARGV[2]) -- fields in one call, about
local current = ARGV[3] -- first bytes of a value under the current key
local skipped = tonumber(ARGV[4]) -- bytes before the sealed part
local separator = ARGV[5] -- ends what is before the sealed part; empty for none

local page = redis.call('HSCAN', hash_key, cursor, 'COUNT', count)
local fields = page[2]
local old = {page[1]}
for i = 1, #fields, 2 do
    local value = fields[i + 1]
    local at = skipped + 1
    if separator ~= '' then
        at = (string.find(value, separator, 1, true) or #value) + 1
    end
    if at <= #value and string.sub(value, at, at + #current - 1) ~= current then
        old[#old + 1] = fields[i]
    end
end
return old
