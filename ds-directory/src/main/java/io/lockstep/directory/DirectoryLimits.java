package io.lockstep.directory;

import java.time.Duration;

/// The limits of the directory.
///
/// @param keyPackages limits on KeyPackages and claims
/// @param welcomesInFlightMax groups whose Welcomes are filed at the same time
/// @param retryMin first pause after the store did not answer; doubles up to `retryMax`
/// @param sweepInterval how often each node searches for Welcomes that another node did not release
public record DirectoryLimits(
        KeyPackageLimits keyPackages,
        int welcomesInFlightMax,
        Duration retryMin,
        Duration retryMax,
        Duration sweepInterval) {
    /// A lifetime of this length counts as unlimited.
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
            throw new IllegalArgumentException("limits of the directory must be 1 or more");
        }
        if (!retryMin.isPositive() || retryMax.compareTo(retryMin) < 0) {
            throw new IllegalArgumentException(
                    "durations of the directory must be positive, and retryMin ≤ retryMax");
        }
    }

    public DirectoryLimits withKeyPackages(KeyPackageLimits limits) {
        return new DirectoryLimits(limits, welcomesInFlightMax, retryMin, retryMax, sweepInterval);
    }
}
