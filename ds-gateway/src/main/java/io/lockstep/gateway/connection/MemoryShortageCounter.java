package io.lockstep.gateway.connection;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts connections that ended for want of memory. The log has a line for them once a minute, without a stack:
/// where the memory was wanted says nothing about who holds it. Thread-safe.
public final class MemoryShortageCounter {
    private static final Logger log = LoggerFactory.getLogger(MemoryShortageCounter.class);
    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Counter counter;
    private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());

    MemoryShortageCounter(MeterRegistry meters) {
        counter = meters.counter("lockstep.gateway.memory.shortages");
    }

    /// A connection ends.
    public void met(Throwable cause) {
        counter.increment();
        long now = System.nanoTime();
        long until = quietUntil.get();
        if (now - until >= 0 && quietUntil.compareAndSet(until, now + QUIET_NANOS)) {
            log.error(
                    "memory is short: connections end ({}); next said in a minute",
                    cause.toString());
        }
    }
}
