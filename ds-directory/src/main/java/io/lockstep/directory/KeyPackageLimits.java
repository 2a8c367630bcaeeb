package io.lockstep.directory;

import java.time.Duration;

/// Limits on KeyPackages and claims.
///
/// @param perSuiteMax single-use ones a client may hold per suite: an upload of 100 a day for a week,
///     with room
/// @param perUploadMax in one request
/// @param bytesMax of one
/// @param lifetimeMax how far after now a lifetime may end; [DirectoryLimits#LIFETIME_UNLIMITED] for any
/// @param lowMark the owner is told when a suite has so many single-use ones left
/// @param rates how often may be claimed
public record KeyPackageLimits(
        int perSuiteMax,
        int perUploadMax,
        int bytesMax,
        Duration lifetimeMax,
        int lowMark,
        Rates rates) {
    public static final KeyPackageLimits DEFAULT =
            new KeyPackageLimits(1_000, 1_000, 64 << 10, Duration.ofDays(100), 10, Rates.DEFAULT);

    /// Claims per user asked for, on one node: so many at once, and as many again over the period.
    ///
    /// @param perRequester of one user's devices together; 0 for any
    /// @param perTarget for one user, whoever asks; 0 for any. Draining a user of single-use KeyPackages is an
    ///     attack: less than `perSuiteMax` in a period.
    public record Rates(int perRequester, int perTarget, Duration period) {
        public static final Rates DEFAULT = new Rates(20_000, 200, Duration.ofMinutes(10));

        public Rates {
            if (perRequester < 0 || perTarget < 0 || !period.isPositive()) {
                throw new IllegalArgumentException(
                        "rates of claims are 0 or more, in a positive period");
            }
        }
    }

    public KeyPackageLimits {
        if (perSuiteMax < 1 || perUploadMax < 1 || bytesMax < 1 || lowMark < 0) {
            throw new IllegalArgumentException(
                    "limits of KeyPackages are 1 or more, the low-water mark 0 or more");
        }
        if (!lifetimeMax.isPositive()) {
            throw new IllegalArgumentException("the longest lifetime is positive");
        }
    }

    public KeyPackageLimits withLifetimeMax(Duration max) {
        return new KeyPackageLimits(perSuiteMax, perUploadMax, bytesMax, max, lowMark, rates);
    }

    public KeyPackageLimits withRates(Rates newRates) {
        return new KeyPackageLimits(
                perSuiteMax, perUploadMax, bytesMax, lifetimeMax, lowMark, newRates);
    }
}
