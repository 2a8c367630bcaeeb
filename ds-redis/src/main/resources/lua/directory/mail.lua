-- Reads one piece of mail. Answers {sealed mail}, or {} where there is none.
-- KEYS[1..5], ARGV[1] as in inbox.lua, ARGV[2] its id
local _, _, expiry = piece(ARGV[2])
if not expiry or expiry <= now then
    return {}
end
return {call('HGET', mail, ARGV[2])}
