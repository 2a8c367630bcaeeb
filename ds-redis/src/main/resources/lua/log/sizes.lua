-- Shared by the scripts that append and trim.

-- Number of positions whose message bytes are counted together. A batch counts in the segment of
-- its first position.
local SEGMENT = 1024

-- Milliseconds until a hash of resend keys expires. The newest key may be added 14 days after the
-- first, and needs the retention and one day.
local function resend_life(retention_seconds)
    return string.format('%.0f', (math.max(retention_seconds, 86400) + 15 * 86400) * 1000)
end
