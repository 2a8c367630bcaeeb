package io.lockstep.fanout.outbound;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// The metrics of fan-out. They are updated once per pass or per transition, never per recipient.
/// Thread-safe.
public final class FanoutMetrics {
    private static final String PREFIX = "lockstep.fanout.";

    private final Counter deliveries;
    private final Counter bytes;
    private final Counter passes;
    private final Counter reads;
    private final Counter entriesRead;
    private final Counter noticesDropped;
    private final Counter ephemeralsDropped;
    private final Counter frozen;
    private final Counter ahead;
    private final AtomicInteger attached = new AtomicInteger();
    private final AtomicInteger behind = new AtomicInteger();
    private final AtomicInteger groups = new AtomicInteger();
    private final AtomicInteger frozenNow = new AtomicInteger();
    private final AtomicLong ringBytes = new AtomicLong();

    public FanoutMetrics(MeterRegistry registry) {
        deliveries = registry.counter(PREFIX + "deliveries");
        bytes = registry.counter(PREFIX + "bytes");
        passes = registry.counter(PREFIX + "passes");
        reads = registry.counter(PREFIX + "catchup.reads");
        entriesRead = registry.counter(PREFIX + "catchup.entries");
        noticesDropped = registry.counter(PREFIX + "notices.dropped");
        ephemeralsDropped = registry.counter(PREFIX + "ephemerals.dropped");
        frozen = registry.counter(PREFIX + "alarms", "kind", "frozen");
        ahead = registry.counter(PREFIX + "alarms", "kind", "ahead_of_log");
        registry.gauge(PREFIX + "sessions.attached", attached);
        registry.gauge(PREFIX + "sessions.behind", behind);
        registry.gauge(PREFIX + "groups", groups);
        Gauge.builder(PREFIX + "groups.frozen", frozenNow, AtomicInteger::get)
                .description(
                        "Groups with stopped delivery: the store contradicts earlier deliveries")
                .register(registry);
        registry.gauge(PREFIX + "ring.bytes", ringBytes);
    }

    void delivered(long count, long byteCount) {
        deliveries.increment((double) count);
        bytes.increment((double) byteCount);
    }

    void passEnded() {
        passes.increment();
    }

    public void catchUpRead() {
        reads.increment();
    }

    /// Counts the entries of a catch-up read. In a reconnect storm each entry is counted once while
    /// the limits hold it.
    public void catchUpEntries(int count) {
        entriesRead.increment(count);
    }

    public void noticesDropped() {
        noticesDropped.increment();
    }

    public void ephemeralDropped() {
        ephemeralsDropped.increment();
    }

    public void groupFrozen() {
        frozen.increment();
    }

    /// @param change the number of groups that became frozen; negative when they are no longer
    ///     frozen
    public void frozen(int change) {
        frozenNow.addAndGet(change);
    }

    public int frozenGroups() {
        return frozenNow.get();
    }

    void cursorAhead() {
        ahead.increment();
    }

    void attached(int change) {
        attached.addAndGet(change);
    }

    void behind(int change) {
        behind.addAndGet(change);
    }

    public void groups(int change) {
        groups.addAndGet(change);
    }

    public void ringBytes(long change) {
        ringBytes.addAndGet(change);
    }
}
