-- Hands out one KeyPackage: of the first suite that has one the oldest unexpired, else its last resort.
-- Answers {sealed package}, or {} when there is none.
-- KEYS per suite in order of preference: single-use ones (list) and the last resort (string), in turn
-- ARGV[1] now in milliseconds
local now = tonumber(ARGV[1])
local function unexpired(value)
    local colon = string.find(value, ':', 1, true)
    if tonumber(string.sub(value, 1, colon - 1)) > now then
        return string.sub(value, colon + 1)
    end
end
for i = 1, #KEYS, 2 do
    local value = redis.call('LPOP', KEYS[i])
    while value do
        local package = unexpired(value)
        if package then
            return {package}
        end
        value = redis.call('LPOP', KEYS[i])
    end
    value = redis.call('GET', KEYS[i + 1])
    local package = value and unexpired(value)
    if package then
        return {package}
    end
end
return {}
