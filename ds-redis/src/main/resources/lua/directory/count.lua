-- Counts the KeyPackages of each kind. Returns {kind, number of single-use ones, 1 if there is a
-- last resort or 0, how many claims were given that last resort} for each.
-- KEYS[1..8] and ARGV[1] are bound by kinds.lua.
local counts = {}
local classes = all_classes()
for _, kind in ipairs(all_kinds()) do
    local last = last_resort(kind)
    counts[#counts + 1] = {kind, remaining(kind, classes), last and 1 or 0,
        last and tonumber(call('HGET', kinds, claims_of(kind)) or 0) or 0}
end
return counts
