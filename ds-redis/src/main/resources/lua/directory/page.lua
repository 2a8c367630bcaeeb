-- Reads the next pieces of one inbox, oldest first. Answers {1 if there may be more or 0, the number that
-- was looked at last, then the number, the id and the sealed mail of each}.
-- KEYS[1..5] and ARGV[1] are bound by inbox.lua.
local after = ARGV[2] -- the number after which to begin
local count = tonumber(ARGV[3]) -- how many pieces at most
local bytes = tonumber(ARGV[4]) -- how many at most, the first piece excepted

prune(32)
local ids = call('ZRANGEBYSCORE', order, '(' .. after, '+inf', 'LIMIT', 0, count)
local page = {#ids == count and 1 or 0, after}
for i, id in ipairs(ids) do
    local number, weight, expiry = piece(id)
    if expiry > now then
        if #page > 2 and weight > bytes then
            page[1] = 1
            break
        end
        bytes = bytes - weight
        page[#page + 1] = number
        page[#page + 1] = id
        page[#page + 1] = call('HGET', mail, id)
    end
    page[2] = number
end
return page
