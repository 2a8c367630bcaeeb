package io.lockstep.redis;

import java.time.Duration;

/// How we talk to Redis.
///
/// @param connectTimeout how long connecting may take at start
/// @param commandTimeout after which an answer counts as not coming: short, as an append that waits
///     holds up its group, yet longer than an fsync on a busy disk
/// @param heartbeat how often the heads of followed groups are compared
/// @param requestsMax commands in flight per connection; more are refused at once
public record RedisSettings(
        Duration connectTimeout, Duration commandTimeout, Duration heartbeat, int requestsMax) {
    public static final RedisSettings DEFAULT =
            new RedisSettings(
                    Duration.ofSeconds(5), Duration.ofSeconds(3), Duration.ofSeconds(2), 65_536);

    public RedisSettings {
        if (connectTimeout.isNegative()
                || commandTimeout.isZero()
                || heartbeat.isZero()
                || requestsMax < 1) {
            throw new IllegalArgumentException("Redis settings are positive");
        }
    }

    public RedisSettings withCommandTimeout(Duration timeout) {
        return new RedisSettings(connectTimeout, timeout, heartbeat, requestsMax);
    }

    public RedisSettings withHeartbeat(Duration interval) {
        return new RedisSettings(connectTimeout, commandTimeout, interval, requestsMax);
    }
}
