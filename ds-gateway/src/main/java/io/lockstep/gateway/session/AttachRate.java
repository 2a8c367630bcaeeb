package io.lockstep.gateway.session;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// A token bucket for one client's attaches: a burst, then one per ten milliseconds. Each attach is
/// a query to the store, even for a group that does not exist. One number, no timer. Thread-safe.
final class AttachRate {
    static final Duration EACH = Duration.ofMillis(10);
    private static final long EACH_NANOS = EACH.toNanos();

    private final long burstNanos;

    /// The time at which the debt of all attaches so far is paid.
    private final AtomicLong paidNanos;

    /// @param burst attaches at once
    /// @param nowNanos by a monotonic clock, here and below
    AttachRate(int burst, long nowNanos) {
        burstNanos = burst * EACH_NANOS;
        paidNanos = new AtomicLong(nowNanos);
    }

    /// @return empty if one more is allowed; else how long to wait
    Optional<Duration> take(long nowNanos) {
        return take(1, nowNanos);
    }

    /// Takes all or none. If a refusal took a part, a client that retries in time would never
    /// succeed.
    ///
    /// @param count at most the burst
    /// @return empty if so many are allowed; else how long to wait
    Optional<Duration> take(int count, long nowNanos) {
        long price = count * EACH_NANOS;
        while (true) {
            long paid = paidNanos.get();
            long debt = Math.max(0, paid - nowNanos);
            if (debt + price > burstNanos) {
                return Optional.of(Duration.ofNanos(debt + price - burstNanos));
            }
            if (paidNanos.compareAndSet(paid, nowNanos + debt + price)) {
                return Optional.empty();
            }
        }
    }
}
