-- Removes mail from one inbox. Answers {how many pieces were there}.
-- KEYS[1..5], ARGV[1] as in inbox.lua, ARGV[2..] ids (16 bytes each)
local gone = 0
for i = 2, #ARGV do
    gone = gone + remove(ARGV[i])
end
return {gone}
