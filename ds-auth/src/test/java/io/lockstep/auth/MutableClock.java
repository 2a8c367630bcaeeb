package io.lockstep.auth;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/// Time that passes when a test's own thread says so.
final class MutableClock implements InstantSource {
    private final AtomicLong nanos = new AtomicLong();
    private final Instant start;

    MutableClock(Instant start) {
        this.start = start;
    }

    void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    /// The same time as a monotonic clock tells it.
    long nanos() {
        return nanos.get();
    }

    @Override
    public Instant instant() {
        return start.plusNanos(nanos.get());
    }
}
