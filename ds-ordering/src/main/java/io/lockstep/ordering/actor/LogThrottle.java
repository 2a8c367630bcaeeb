package io.lockstep.ordering.actor;

import io.lockstep.runtime.MonotonicClock;
import java.util.concurrent.atomic.AtomicLong;

/// Limits log lines that every group could cause at the same time to one per second.
///
/// Threads: *thread-safe*.
final class LogThrottle {
    private static final long INTERVAL_NANOS = 1_000_000_000;

    private final MonotonicClock clock;
    private final AtomicLong nextNanos;

    LogThrottle(MonotonicClock clock) {
        this.clock = clock;
        nextNanos = new AtomicLong(clock.nanos());
    }

    void log(Runnable line) {
        long now = clock.nanos();
        long next = nextNanos.get();
        if (now - next >= 0 && nextNanos.compareAndSet(next, now + INTERVAL_NANOS)) {
            line.run();
        }
    }
}
