package io.lockstep.gateway.session;

import java.time.Duration;
import java.util.Optional;

/// How often one session may attach: each attach is a question to the store, also where the group is not there. As
/// many at once as it may have groups, and then one each ten milliseconds. One number, no timer.
final class AttachRate {
    private static final long EACH_NANOS = Duration.ofMillis(10).toNanos();

    private final long burstNanos;

    /// When all attaches so far are paid for.
    private long paidNanos;

    /// @param burst attaches at once
    /// @param nowNanos by a monotonic clock, here and below
    AttachRate(int burst, long nowNanos) {
        burstNanos = burst * EACH_NANOS;
        paidNanos = nowNanos;
    }

    /// @return empty when one more may go on; else how long to wait
    Optional<Duration> take(long nowNanos) {
        long debt = Math.max(0, paidNanos - nowNanos);
        if (debt + EACH_NANOS > burstNanos) {
            return Optional.of(Duration.ofNanos(debt + EACH_NANOS - burstNanos));
        }
        paidNanos = nowNanos + debt + EACH_NANOS;
        return Optional.empty();
    }
}
