-- Reads the next items of one inbox, oldest first. Returns {1 if there may be more or 0, the number
-- of the last item that was read or skipped, then the number, the id and the sealed item of each}.
-- KEYS[1..6] and ARGV[1] are bound by inbox.lua.
local after = ARGV[2] -- the number after which the page begins
local count = tonumber(ARGV[3]) -- maximum number of items
local bytes = tonumber(ARGV[4]) -- maximum bytes, except for the first item
local item_weight = tonumber(ARGV[5]) -- weight of an item in addition to its bytes

prune(32)
local ids = call('ZRANGEBYSCORE', order, '(' .. after, '+inf', 'LIMIT', 0, count)
local page = {#ids == count and 1 or 0, after}
for i, id in ipairs(ids) do
    local number, weight, expiry = item(id)
    if expiry > now then
        local size = weight - item_weight
        if #page > 2 and size > bytes then
            page[1] = 1
            break
        end
        bytes = bytes - size
        page[#page + 1] = number
        page[#page + 1] = id
        page[#page + 1] = call('HGET', sealed_items, id)
    end
    page[2] = number
end
return page
