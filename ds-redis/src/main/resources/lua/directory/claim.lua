-- Hands out one KeyPackage: of the first shelf that has one of these features the oldest, else its last resort.
-- Answers {sealed package, how many single-use ones are left on its shelf}, or {how many KeyPackages there are of
-- other kinds} when there is none.
-- KEYS[1..5] as in shelves.lua
-- ARGV[1] now in milliseconds, ARGV[2] 1 if only these features will do or 0, ARGV[3] how many shelves,
-- ARGV[4..] the shelves in order of preference, then keyed hashes of features
local SCANNED = 32
local shelfCount = tonumber(ARGV[3])
local allowed = nil
if ARGV[2] == '1' then
    -- Empty is what nothing is known of: another version, which is asked for by name.
    allowed = {[''] = true}
    for i = 4 + shelfCount, #ARGV do
        allowed[ARGV[i]] = true
    end
end

prune(ARGV[1])
for i = 4, 3 + shelfCount do
    local shelf, at = ARGV[i], 0
    local marks = redis.call('ZRANGE', prefix .. shelf, at, at)
    while #marks > 0 do
        for _, mark in ipairs(marks) do
            local e = entry(mark)
            if e and (not allowed or allowed[e.class]) then
                takeOff(mark, e)
                return {e.package, left(shelf)}
            end
        end
        at = at + #marks
        marks = redis.call('ZRANGE', prefix .. shelf, at, at + SCANNED - 1)
    end
    local last = redis.call('HGET', shelves, shelf)
    local e = last and last ~= '' and entry(last)
    if e and (not allowed or allowed[e.class]) then
        return {e.package, 0}
    end
end
return {redis.call('HLEN', packages)}
