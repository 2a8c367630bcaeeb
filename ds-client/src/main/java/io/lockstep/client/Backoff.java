package io.lockstep.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// Computes the wait before a retry with *full jitter*: a uniformly random share of an
/// exponentially growing ceiling. Thousands of clients that lost one server do not reconnect at the
/// same moment.
///
/// @param first ceiling of the first wait
/// @param max ceiling of every wait
/// @param attemptsMax how often a submission is sent again before its refusal reaches the caller
/// @param random source of the share; must be thread-safe if clients share the record
///
/// ```java
/// var backoff = new Backoff(
///         Duration.ofMillis(200), Duration.ofSeconds(20), 10, new SecureRandom());
/// ```
public record Backoff(Duration first, Duration max, int attemptsMax, RandomGenerator random) {
    public Backoff {
        if (first.isNegative() || first.isZero() || max.compareTo(first) < 0 || attemptsMax < 0) {
            throw new IllegalArgumentException("0 < first ≤ max and 0 ≤ attemptsMax must hold");
        }
    }

    /// Returns a backoff from 200 ms to 20 s with 10 attempts.
    public static Backoff ofDefaults(RandomGenerator random) {
        return new Backoff(Duration.ofMillis(200), Duration.ofSeconds(20), 10, random);
    }

    /// Returns a wait between zero and the attempt's ceiling.
    ///
    /// @param attempt 0 for the first wait
    public Duration delay(int attempt) {
        return Duration.ofNanos((long) (random.nextDouble() * ceiling(attempt).toNanos()));
    }

    Duration ceiling(int attempt) {
        // 2^30 times any first wait is beyond any sensible max.
        var doubled = first.multipliedBy(1L << Math.min(attempt, 30));
        return doubled.compareTo(max) < 0 ? doubled : max;
    }
}
