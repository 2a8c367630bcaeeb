package io.lockstep.gateway.connection;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts connections that ended because memory ran out, and logs at most one line a minute for
/// them. The line has no stack trace: the place of a failed allocation does not tell what holds the
/// memory. Thread-safe.
public final class MemoryShortageCounter {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryShortageCounter.class);
    private static final long LOG_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Counter counter;
    private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());

    MemoryShortageCounter(MeterRegistry meters) {
        counter = meters.counter("lockstep.gateway.memory.shortages");
    }

    /// A connection ends for this reason.
    public void record(Throwable cause) {
        counter.increment();
        long now = System.nanoTime();
        long until = quietUntil.get();
        if (now - until >= 0 && quietUntil.compareAndSet(until, now + LOG_INTERVAL_NANOS)) {
            LOG.error(
                    "memory is short: connections end ({}); logged at most once a minute",
                    cause.toString());
        }
    }
}
