package io.lockstep.log;

import java.time.Duration;
import java.util.OptionalLong;

/// Computes when a group is swept: the sweep trims groups that nobody uses ([GroupLog#sweep]). All
/// times are milliseconds of the store's clock.
///
/// A group with entries to expire is due when the oldest of them expires, but two sweeps of it are
/// [#intervalMin] apart. So an entry of a group that nobody uses lives that much longer than the
/// retention at most. A group with its newest entry only is due a retention later, and at least
/// [#IDLE_MIN]: what is appended meanwhile expires after that, or is trimmed by those who use it.
public final class SweepSchedule {
    /// The minimum time between two sweeps of a group with entries to expire, as a share of its
    /// retention, and the limits of that time.
    private static final int SHARE = 24;

    static final Duration INTERVAL_LEAST = Duration.ofMinutes(1);
    static final Duration INTERVAL_MOST = Duration.ofDays(1);

    /// The minimum time between two sweeps of a group without entries to expire.
    static final Duration IDLE_MIN = Duration.ofHours(1);

    /// When a group is due after its policy was changed: its retention may be shorter. Much longer than
    /// an append.
    public static final Duration AFTER_POLICY_CHANGE = Duration.ofMinutes(2);

    private SweepSchedule() {}

    /// When a new group is due: none of its entries can expire earlier.
    public static long first(Duration retention, long nowMillis) {
        return nowMillis + retention.toMillis();
    }

    /// When a group is due after it was trimmed.
    ///
    /// @param oldestMillis when its oldest entry was accepted; empty if it has no other entry than
    ///     the newest
    public static long next(Duration retention, OptionalLong oldestMillis, long nowMillis) {
        if (oldestMillis.isEmpty()) {
            return nowMillis + Math.max(retention.toMillis(), IDLE_MIN.toMillis());
        }
        return Math.max(
                oldestMillis.getAsLong() + retention.toMillis(),
                nowMillis + intervalMin(retention).toMillis());
    }

    /// The minimum time between two sweeps of a group with entries to expire.
    static Duration intervalMin(Duration retention) {
        var share = retention.dividedBy(SHARE);
        if (share.compareTo(INTERVAL_LEAST) < 0) {
            return INTERVAL_LEAST;
        }
        return share.compareTo(INTERVAL_MOST) > 0 ? INTERVAL_MOST : share;
    }
}
