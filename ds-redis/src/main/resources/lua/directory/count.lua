-- Counts what is left on each shelf. Answers {shelf, single-use ones, 1 if there is a last resort or 0} for each.
-- KEYS[1..5] as in shelves.lua
-- ARGV[1] now in milliseconds
prune(ARGV[1])
local counts = {}
local all = redis.call('HGETALL', shelves)
for i = 1, #all, 2 do
    if all[i] ~= 'n' then
        counts[#counts + 1] = {all[i], left(all[i]), redis.call('HEXISTS', packages, all[i + 1])}
    end
end
return counts
