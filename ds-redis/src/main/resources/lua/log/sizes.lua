-- Shared by the scripts that append and trim.

-- Positions of which the bytes of messages are counted together; those of a batch with its first.
local SEGMENT = 1024

-- Milliseconds that a hash of resend keys lives: as long as its newest key must, which may come 14 days
-- after the first, and a day.
local function resend_life(retention_seconds)
    return string.format('%.0f', (math.max(retention_seconds, 86400) + 15 * 86400) * 1000)
end
