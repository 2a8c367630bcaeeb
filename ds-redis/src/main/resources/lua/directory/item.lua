-- Reads one inbox item. Returns {sealed item}, or {} if there is none.
-- KEYS[1..6] and ARGV[1] are bound by inbox.lua.
local id = ARGV[2] -- 16 bytes

local _, _, expiry = item(id)
if not expiry or expiry <= now then
    return {}
end
return {call('HGET', sealed_items, id)}
