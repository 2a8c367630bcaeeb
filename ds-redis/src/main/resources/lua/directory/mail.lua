-- Reads one piece of mail. Answers {sealed mail}, or {} where there is none.
-- KEYS[1..5] and ARGV[1] are bound by inbox.lua.
local id = ARGV[2] -- 16 bytes

local _, _, expiry = piece(id)
if not expiry or expiry <= now then
    return {}
end
return {call('HGET', mail, id)}
