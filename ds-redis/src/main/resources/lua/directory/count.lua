-- Counts the KeyPackages of each kind. Returns {kind, number of single-use ones, 1 if there is a
-- last resort or 0} for each.
-- KEYS[1..7] and ARGV[1] are bound by kinds.lua.
local counts = {}
local classes = all_classes()
for _, kind in ipairs(all_kinds()) do
    counts[#counts + 1] = {kind, remaining(kind, classes), last_resort(kind) and 1 or 0}
end
return counts
