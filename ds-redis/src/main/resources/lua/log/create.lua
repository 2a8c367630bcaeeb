-- Creates a group, unless it exists.
-- Returns {1} when created, {4} while the deletion of a former group of this id lasts, {0, position, epoch, first retained, creator} when it exists, {2} when
-- the blob of its tree is missing, {3} when this is not the store that the caller knows: an empty
-- store must not accept groups that another store contains.
local meta_key = KEYS[1] -- hash
local roster_key = KEYS[2] -- hash
local owners_key = KEYS[3] -- hash
local info_key = KEYS[4] -- string, GroupInfo
local store_key = KEYS[5] -- string, id of the store
local uploads_key = KEYS[6] -- sorted set, see blobs.lua
local kept_key = KEYS[7] -- sorted set
local kept_bytes_key = KEYS[8] -- string
local tree_key = KEYS[9] -- hash, blob of the tree, if there is one
local position = ARGV[1] -- log position, 56 bytes
local epoch = ARGV[2]
local creator = ARGV[3] -- 16 bytes
local owner = ARGV[4] -- 16 bytes
local membership = ARGV[5] -- 32 bytes
local group = ARGV[6] -- sealed group id
local info = ARGV[7] -- sealed GroupInfo or empty
local tree_size = ARGV[8] -- bytes
local tree_life = tonumber(ARGV[9]) -- milliseconds, minimum remaining life of the tree
local store = ARGV[10] -- id of the store, empty when it is not known
local group_key = ARGV[11] -- wrapped key of the group
local FIXED = 11 -- then the fields of the policy, a name and a value each

local call = redis.call
if store ~= '' and call('GET', store_key) ~= store then
    return {3}
end
local meta = call('HMGET', meta_key, 'at', 'e', 'f', 'c', 'd')
if meta[5] then
    return {4}
end
if meta[1] then
    return {0, meta[1], meta[2], meta[3], meta[4]}
end
if tree_key then
    if call('HGET', tree_key, 's') ~= tree_size then
        return {2}
    end
    if call('PTTL', tree_key) < tree_life then
        call('PEXPIRE', tree_key, tree_life)
    end
    call('HSETNX', tree_key, 'p', '0')
    -- Without a GroupInfo the blob expires, and counts until then.
    local time = call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local ends = info == '' and string.format('%.0f', now + tree_life) or '+inf'
    keep_blob(uploads_key, kept_key, kept_bytes_key, tree_key, tree_size, ends)
end
call('HSET', meta_key, 'at', position, 'e', epoch, 'f', '1', 'c', creator, 'o', owner, 'g', group,
    'm', '1', 'y', '0', 'ce', epoch, 'k', group_key, unpack(ARGV, FIXED + 1))
call('HSET', roster_key, creator, membership)
call('HSET', owners_key, owner, 1)
if info ~= '' then
    call('SET', info_key, info)
    if tree_key then
        -- It has no expiry until a commit replaces the GroupInfo.
        call('PERSIST', tree_key)
        call('HSET', meta_key, 'b', string.sub(tree_key, -64))
    end
end
return {1}
