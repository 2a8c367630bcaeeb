package io.lockstep.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait before trying again: *full jitter*, that is a uniformly random share of an
/// exponentially growing ceiling, so that thousands who lost one server do not come back as one.
///
/// @param first ceiling of the first wait
/// @param max ceiling of every wait
/// @param attemptsMax how often a submission is sent again before its refusal is handed on
/// @param random where the share comes from; thread-safe where clients share the record
public record Backoff(Duration first, Duration max, int attemptsMax, RandomGenerator random) {
    public Backoff {
        if (first.isNegative() || first.isZero() || max.compareTo(first) < 0 || attemptsMax < 0) {
            throw new IllegalArgumentException("0 < first ≤ max and 0 ≤ attemptsMax must hold");
        }
    }

    public static Backoff ofDefaults(RandomGenerator random) {
        return new Backoff(Duration.ofMillis(200), Duration.ofSeconds(20), 10, random);
    }

    /// A wait between zero and the attempt's ceiling.
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
