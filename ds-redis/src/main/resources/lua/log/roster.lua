-- Shared by the scripts that change a roster. A membership is owner (16 bytes), first visible
-- (u64), last visible (u64). A part of a change is: last visible position of the removed members
-- (u64), first visible position of the added ones (u64), bytes of the removed ones (4 hexadecimal
-- digits), removed members (16 bytes each), added members and their owners (16 + 16). A script
-- takes 512 names at most, because every command here is a bulk command.
local OPEN = '\127\255\255\255\255\255\255\255'

-- Changes are collected here and written after all checks.
local function new_changes(roster_key, size)
    return {roster = roster_key, size = size, now = {}, order = {}, owners = {}, back = {}}
end

local function set(changes, member, membership, owner, by)
    changes.now[member] = membership
    changes.order[#changes.order + 1] = member
    changes.owners[owner] = (changes.owners[owner] or 0) + by
    changes.size = changes.size + by
end

local function read_memberships(changes, part, added_at)
    local unknown = {}
    for at = 21, added_at - 1, 16 do
        unknown[#unknown + 1] = string.sub(part, at, at + 15)
    end
    for at = added_at, #part, 32 do
        unknown[#unknown + 1] = string.sub(part, at, at + 15)
    end
    if #unknown > 0 then
        local memberships = redis.call('HMGET', changes.roster, unpack(unknown))
        for i, member in ipairs(unknown) do
            if changes.now[member] == nil then
                changes.now[member] = memberships[i]
            end
        end
    end
end

local function make_change(changes, part)
    local last, first = string.sub(part, 1, 8), string.sub(part, 9, 16)
    local added_at = 21 + tonumber(string.sub(part, 17, 20), 16)
    read_memberships(changes, part, added_at)
    for at = 21, added_at - 1, 16 do
        local member = string.sub(part, at, at + 15)
        local membership = changes.now[member]
        if membership and string.sub(membership, 25) == OPEN then
            local owner = string.sub(membership, 1, 16)
            set(changes, member, string.sub(membership, 1, 24) .. last, owner, -1)
        end
    end
    for at = added_at, #part, 32 do
        local member = string.sub(part, at, at + 15)
        local membership = changes.now[member]
        if not membership or string.sub(membership, 25) ~= OPEN then
            local owner = string.sub(part, at + 16, at + 31)
            if membership then
                changes.back[#changes.back + 1] = member
            end
            set(changes, member, owner .. first .. OPEN, owner, 1)
        end
    end
end

-- The last visible position as a score, below 2^53.
local function last_visible(membership)
    local score = 0
    for i = 25, 32 do
        score = score * 256 + string.byte(membership, i)
    end
    return score
end

local function write_owners(changes, owners_key)
    local owners = {}
    for owner, by in pairs(changes.owners) do
        if by ~= 0 then
            owners[#owners + 1] = owner
        end
    end
    if #owners == 0 then
        return
    end
    local counts = redis.call('HMGET', owners_key, unpack(owners))
    local written, gone = {}, {}
    for i, owner in ipairs(owners) do
        local count = (tonumber(counts[i] or '0')) + changes.owners[owner]
        if count > 0 then
            written[#written + 1] = owner
            written[#written + 1] = count
        else
            gone[#gone + 1] = owner
        end
    end
    if #written > 0 then
        redis.call('HSET', owners_key, unpack(written))
    end
    if #gone > 0 then
        redis.call('HDEL', owners_key, unpack(gone))
    end
end

-- Makes members again of those whose membership ended at the position or later.
local function restore_members(changes, members, since)
    local asked = {}
    for at = 1, #members, 16 do
        asked[#asked + 1] = string.sub(members, at, at + 15)
    end
    if #asked == 0 then
        return
    end
    local memberships = redis.call('HMGET', changes.roster, unpack(asked))
    for i, member in ipairs(asked) do
        local membership = changes.now[member] or memberships[i]
        if membership and string.sub(membership, 25) ~= OPEN and last_visible(membership) >= since then
            changes.back[#changes.back + 1] = member
            set(changes, member, string.sub(membership, 1, 24) .. OPEN, string.sub(membership, 1, 16), 1)
        end
    end
end

-- former_key: sorted set of removed members by their last visible position. Beyond former_max the
-- ones with the lowest position are deleted.
local function write_changes(changes, owners_key, former_key, former_max)
    local call = redis.call
    if #changes.order == 0 then
        return
    end
    local memberships, former, done = {}, {}, {}
    for _, member in ipairs(changes.order) do
        if not done[member] then
            done[member] = true
            local membership = changes.now[member]
            memberships[#memberships + 1] = member
            memberships[#memberships + 1] = membership
            if string.sub(membership, 25) ~= OPEN then
                former[#former + 1] = last_visible(membership)
                former[#former + 1] = member
            end
        end
    end
    call('HSET', changes.roster, unpack(memberships))
    write_owners(changes, owners_key)
    if #changes.back > 0 then
        call('ZREM', former_key, unpack(changes.back))
    end
    if #former > 0 then
        call('ZADD', former_key, unpack(former))
        local over = call('ZCARD', former_key) - former_max
        if over > 0 then
            local gone = call('ZPOPMIN', former_key, over)
            local members = {}
            for i = 1, #gone, 2 do
                members[#members + 1] = gone[i]
            end
            call('HDEL', changes.roster, unpack(members))
        end
    end
end
