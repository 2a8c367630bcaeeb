package io.lockstep.gateway.session;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// How often one client may attach: each attach is a question to the store, also where the group is not there. So
/// many at once, and then one each ten milliseconds. One number, no timer. Thread-safe.
final class AttachRate {
    static final Duration EACH = Duration.ofMillis(10);
    private static final long EACH_NANOS = EACH.toNanos();

    private final long burstNanos;

    /// When all attaches so far are paid for.
    private final AtomicLong paidNanos;

    /// @param burst attaches at once
    /// @param nowNanos by a monotonic clock, here and below
    AttachRate(int burst, long nowNanos) {
        burstNanos = burst * EACH_NANOS;
        paidNanos = new AtomicLong(nowNanos);
    }

    /// @return empty when one more may go on; else how long to wait
    Optional<Duration> take(long nowNanos) {
        while (true) {
            long paid = paidNanos.get();
            long debt = Math.max(0, paid - nowNanos);
            if (debt + EACH_NANOS > burstNanos) {
                return Optional.of(Duration.ofNanos(debt + EACH_NANOS - burstNanos));
            }
            if (paidNanos.compareAndSet(paid, nowNanos + debt + EACH_NANOS)) {
                return Optional.empty();
            }
        }
    }
}
