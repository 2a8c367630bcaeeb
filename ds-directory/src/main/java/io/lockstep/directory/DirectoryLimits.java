package io.lockstep.directory;

import java.time.Duration;

/// The directory's limits.
///
/// @param keyPackagesPerSuiteMax single-use KeyPackages a client may hold per suite: an upload of 100 a
///     day for a week, with room
/// @param keyPackagesPerUploadMax in one request
/// @param lifetimeMax how far after now a lifetime may end; [#LIFETIME_UNLIMITED] for any
/// @param welcomesInFlightMax groups whose Welcomes are filed at the same time
/// @param retryMin first pause after a store that did not answer; doubles up to `retryMax`
/// @param sweepInterval how often each node looks for Welcomes that another node left behind
public record DirectoryLimits(
        int keyPackagesPerSuiteMax,
        int keyPackagesPerUploadMax,
        Duration lifetimeMax,
        int welcomesInFlightMax,
        Duration retryMin,
        Duration retryMax,
        Duration sweepInterval) {
    /// More seconds than a lifetime can tell apart from forever.
    public static final Duration LIFETIME_UNLIMITED = Duration.ofSeconds(Long.MAX_VALUE);

    public static final DirectoryLimits DEFAULT =
            new DirectoryLimits(
                    1_000,
                    1_000,
                    Duration.ofDays(100),
                    32,
                    Duration.ofMillis(100),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(30));

    public DirectoryLimits {
        if (keyPackagesPerSuiteMax < 1 || keyPackagesPerUploadMax < 1 || welcomesInFlightMax < 1) {
            throw new IllegalArgumentException("limits of the directory are 1 or more");
        }
        if (!lifetimeMax.isPositive()
                || !retryMin.isPositive()
                || retryMax.compareTo(retryMin) < 0) {
            throw new IllegalArgumentException(
                    "durations of the directory are positive, and retryMin ≤ retryMax");
        }
    }

    public DirectoryLimits withLifetimeMax(Duration max) {
        return new DirectoryLimits(
                keyPackagesPerSuiteMax,
                keyPackagesPerUploadMax,
                max,
                welcomesInFlightMax,
                retryMin,
                retryMax,
                sweepInterval);
    }
}
