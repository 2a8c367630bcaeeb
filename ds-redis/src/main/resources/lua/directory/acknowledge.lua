-- Removes items from one inbox. Returns {number of items that were there}.
-- KEYS[1..6] and ARGV[1] are bound by inbox.lua.
local IDS_AT = 2 -- of ARGV: ids, 16 bytes each

local gone = 0
for i = IDS_AT, #ARGV do
    gone = gone + remove(ARGV[i])
end
return {gone}
