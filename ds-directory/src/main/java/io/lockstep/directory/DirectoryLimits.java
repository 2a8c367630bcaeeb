package io.lockstep.directory;

import java.time.Duration;

/// The directory's limits.
///
/// @param keyPackages of KeyPackages and claims
/// @param welcomesInFlightMax groups whose Welcomes are filed at the same time
/// @param retryMin first pause after a store that did not answer; doubles up to `retryMax`
/// @param sweepInterval how often each node looks for Welcomes that another node left behind
public record DirectoryLimits(
        KeyPackageLimits keyPackages,
        int welcomesInFlightMax,
        Duration retryMin,
        Duration retryMax,
        Duration sweepInterval) {
    /// More seconds than a lifetime can tell apart from forever.
    public static final Duration LIFETIME_UNLIMITED = Duration.ofSeconds(Long.MAX_VALUE);

    public static final DirectoryLimits DEFAULT =
            new DirectoryLimits(
                    KeyPackageLimits.DEFAULT,
                    32,
                    Duration.ofMillis(100),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(30));

    public DirectoryLimits {
        if (welcomesInFlightMax < 1) {
            throw new IllegalArgumentException("limits of the directory are 1 or more");
        }
        if (!retryMin.isPositive() || retryMax.compareTo(retryMin) < 0) {
            throw new IllegalArgumentException(
                    "durations of the directory are positive, and retryMin ≤ retryMax");
        }
    }

    public DirectoryLimits withKeyPackages(KeyPackageLimits limits) {
        return new DirectoryLimits(limits, welcomesInFlightMax, retryMin, retryMax, sweepInterval);
    }
}
