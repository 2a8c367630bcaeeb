-- Counts what is left on each shelf. Answers {shelf, single-use ones, 1 if there is a last resort or 0} for each.
-- KEYS[1..7] and ARGV[1] are bound by shelves.lua.
local counts = {}
local classes = all_classes()
for _, shelf in ipairs(all_shelves()) do
    counts[#counts + 1] = {shelf, left(shelf, classes), last_resort(shelf) and 1 or 0}
end
return counts
