package io.lockstep.directory;

import java.time.Duration;

/// Limits on KeyPackages and claims.
///
/// @param perSuiteMax single-use ones of one client per suite: an upload of 100 a day for a week,
///     with a reserve
/// @param perUploadMax KeyPackages in one request
/// @param bytesMax bytes of one KeyPackage
/// @param lifetimeMax how far after now a lifetime may end; [DirectoryLimits#LIFETIME_UNLIMITED]
///     for no limit
/// @param lowMark low-water mark: the owner is notified when a suite has this many single-use ones
///     left
/// @param rates rates of claims
public record KeyPackageLimits(
        int perSuiteMax,
        int perUploadMax,
        int bytesMax,
        Duration lifetimeMax,
        int lowMark,
        Rates rates) {
    public static final KeyPackageLimits DEFAULT =
            new KeyPackageLimits(1_000, 1_000, 64 << 10, Duration.ofDays(100), 10, Rates.DEFAULT);

    /// Claims per user, on one node: each number is both the burst and the refill over the period.
    /// 0 means unlimited.
    ///
    /// @param perRequester claims by one user's devices together
    /// @param perTarget claims of single-use KeyPackages of one user by all requesters. It is less
    ///     than `perSuiteMax` in a period, because claiming all KeyPackages of a user is an attack.
    /// @param perPair claims of those of one user by one other: a quarter, so a few requesters
    ///     cannot take all
    /// @param missesPerRequester users that one user may name without a result; more indicate a
    ///     search for accounts
    public record Rates(
            int perRequester, int perTarget, int perPair, int missesPerRequester, Duration period) {
        public static final int MISSES_MAX = 500;
        public static final Rates DEFAULT = of(20_000, 200, Duration.ofMinutes(10));

        /// Derives all rates from those that the operator sets.
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
                        "rates of claims must be 0 or more, in a positive period");
            }
        }
    }

    /// Signature checks of one user's uploads, on all nodes: the burst and the refill over
    /// [#CHECKS_PERIOD], in units. A unit is the check of one Ed25519 KeyPackage, about 0.25 ms.
    public static final int CHECK_UNITS_MAX = 10_000;

    public static final Duration CHECKS_PERIOD = Duration.ofMinutes(10);

    /// Units of an upload of another version: its storage costs more than a signature check. The
    /// budget allows 1,000 of them at once.
    static final int OPAQUE_UNITS = 10;

    public KeyPackageLimits {
        if (perSuiteMax < 1 || perUploadMax < 1 || bytesMax < 1 || lowMark < 0) {
            throw new IllegalArgumentException(
                    "limits of KeyPackages must be 1 or more, the low-water mark 0 or more");
        }
        if (!lifetimeMax.isPositive()) {
            throw new IllegalArgumentException("the longest lifetime must be positive");
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
