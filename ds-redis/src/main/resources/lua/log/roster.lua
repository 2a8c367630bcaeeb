-- Shared by the scripts that change a roster. A membership is owner (16 bytes), first visible (u64), last
-- visible (u64). A part of a change is what removed members see last (u64), what added ones see first (u64),
-- the length of the removed ones (4 digits, hexadecimal), removed members (16 bytes each), added members
-- and their owners (16 + 16).
local OPEN = '\127\255\255\255\255\255\255\255'

-- Changes are made here first and written when nothing speaks against them.
local function new_changes(roster_key, size)
    return {roster = roster_key, size = size, now = {}, order = {}, owners = {}}
end

local function current(changes, member)
    local membership = changes.now[member]
    if membership == nil then
        membership = redis.call('HGET', changes.roster, member)
        changes.now[member] = membership
    end
    return membership
end

local function set(changes, member, membership, owner, by)
    changes.now[member] = membership
    changes.order[#changes.order + 1] = member
    changes.owners[owner] = (changes.owners[owner] or 0) + by
    changes.size = changes.size + by
end

local function make_change(changes, part)
    local last, first = string.sub(part, 1, 8), string.sub(part, 9, 16)
    local added_at = 21 + tonumber(string.sub(part, 17, 20), 16)
    for at = 21, added_at - 1, 16 do
        local member = string.sub(part, at, at + 15)
        local membership = current(changes, member)
        if membership and string.sub(membership, 25) == OPEN then
            set(changes, member, string.sub(membership, 1, 24) .. last, string.sub(membership, 1, 16), -1)
        end
    end
    for at = added_at, #part, 32 do
        local member = string.sub(part, at, at + 15)
        local membership = current(changes, member)
        if not membership or string.sub(membership, 25) ~= OPEN then
            local owner = string.sub(part, at + 16, at + 31)
            set(changes, member, owner .. first .. OPEN, owner, 1)
        end
    end
end

-- The last visible position as a score; below 2^53.
local function last_visible(membership)
    local score = 0
    for i = 25, 32 do
        score = score * 256 + string.byte(membership, i)
    end
    return score
end

-- former_key: sorted set of removed members by what they see last; beyond former_max the first removed go.
local function write_changes(changes, owners_key, former_key, former_max)
    local call = redis.call
    local written = {}
    local removed = false
    for _, member in ipairs(changes.order) do
        if not written[member] then
            written[member] = true
            local membership = changes.now[member]
            call('HSET', changes.roster, member, membership)
            if string.sub(membership, 25) == OPEN then
                call('ZREM', former_key, member)
            else
                removed = true
                call('ZADD', former_key, last_visible(membership), member)
            end
        end
    end
    for owner, by in pairs(changes.owners) do
        if by ~= 0 and call('HINCRBY', owners_key, owner, by) == 0 then
            call('HDEL', owners_key, owner)
        end
    end
    local over = removed and call('ZCARD', former_key) - former_max or 0
    if over > 0 then
        local gone = call('ZPOPMIN', former_key, over)
        for i = 1, #gone, 2 do
            call('HDEL', changes.roster, gone[i])
        end
    end
end
