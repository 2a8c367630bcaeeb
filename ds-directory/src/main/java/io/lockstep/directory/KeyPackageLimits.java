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

    /// Claims per user asked for, on one node: so many at once, and as many again over the period. 0 is for any.
    ///
    /// @param perRequester of one user's devices together
    /// @param perTarget of single-use KeyPackages of one user, whoever asks. Draining a user of them is an attack:
    ///     less than `perSuiteMax` in a period.
    /// @param perPair of those of one user by one other: a quarter, so that no few have them all
    /// @param missesPerRequester users whom one user may name who give it nothing: more are a search for accounts
    public record Rates(
            int perRequester, int perTarget, int perPair, int missesPerRequester, Duration period) {
        public static final int MISSES_MAX = 500;
        public static final Rates DEFAULT = of(20_000, 200, Duration.ofMinutes(10));

        /// What the operator sets, and what follows from it.
        public static Rates of(int perRequester, int perTarget, Duration period) {
            int perPair = perTarget == 0 ? 0 : Math.max(1, perTarget / 4);
            return new Rates(
                    perRequester, perTarget, perPair, perRequester == 0 ? 0 : MISSES_MAX, period);
        }

        public Rates {
            if (perRequester < 0
                    || perTarget < 0
                    || perPair < 0
                    || missesPerRequester < 0
                    || !period.isPositive()) {
                throw new IllegalArgumentException(
                        "rates of claims are 0 or more, in a positive period");
            }
        }
    }

    /// Signature checks of one user's uploads, on one node: so many units at once, and as many again over
    /// [#CHECKS_PERIOD]. A unit is a KeyPackage of Ed25519, about a quarter of a millisecond.
    static final int CHECK_UNITS_MAX = 10_000;

    static final Duration CHECKS_PERIOD = Duration.ofMinutes(10);

    /// Units that an upload of another version takes: what it writes outweighs what it costs to check one. 1,000
    /// of them at once.
    static final int OPAQUE_UNITS = 10;

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
