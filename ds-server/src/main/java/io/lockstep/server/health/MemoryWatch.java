package io.lockstep.server.health;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Detects a process that is out of memory but does not end: garbage collection takes nine tenths
/// of its time, or no direct buffer can be allocated. Java ends a process in neither case
/// (`-XX:+ExitOnOutOfMemoryError` reacts to a failed heap allocation; a failed allocation of direct
/// memory is an ordinary exception).
///
/// After [#DOWN_AFTER] in this condition the check is down. After [#END_AFTER] the process is asked
/// once to end. It can then still send its clients to other nodes.
///
/// Threads: [#tick] on the watchdog's thread; [#status] on any thread.
public final class MemoryWatch implements HealthCheck {
    private static final Logger LOG = LoggerFactory.getLogger(MemoryWatch.class);

    static final Duration DOWN_AFTER = Duration.ofSeconds(7);
    static final Duration END_AFTER = Duration.ofSeconds(20);

    /// A share of the time between two ticks.
    private static final double COLLECTING_SHARE = 0.9;

    /// The size of a small read or write of a socket.
    private static final int PROBE_BYTES = 64 << 10;

    /// With more free direct memory than this, either of Netty's pools can allocate a chunk, so no
    /// allocation is tried.
    private static final long HEADROOM = 32 << 20;

    /// The inputs about the process.
    ///
    /// @param nanoTime monotonic
    /// @param collectingMillis total time for which garbage collection stopped the application
    /// @param hasBuffers whether a direct buffer can be allocated
    record Sources(
            LongSupplier nanoTime, LongSupplier collectingMillis, BooleanSupplier hasBuffers) {}

    private final Sources sources;
    private final Runnable end;
    private final AtomicBoolean ending = new AtomicBoolean();
    private final SustainedCondition collecting;
    private final SustainedCondition withoutBuffers;
    private long lastTick;
    private long lastCollecting;

    /// A condition, with the time since which it holds without interruption.
    private static final class SustainedCondition {
        private static final long NEVER = Long.MIN_VALUE;
        private static final int TICKS_MIN = 3;

        private final String text;
        private long since = NEVER;
        private int ticks;
        private volatile long nanos;

        SustainedCondition(String text) {
            this.text = text;
        }

        /// @param begin the begin of the observed interval
        void record(boolean holds, long begin, long now) {
            if (!holds) {
                since = NEVER;
            } else if (since == NEVER) {
                since = begin;
            }
            ticks = holds ? ticks + 1 : 0;
            // One long pause appears in one tick; the process may be healthy after it.
            nanos = ticks < TICKS_MIN ? 0 : now - since;
        }

        boolean lasted(Duration time) {
            return nanos >= time.toNanos();
        }
    }

    MemoryWatch(Sources sources, Runnable end) {
        this.sources = sources;
        this.end = end;
        collecting =
                new SustainedCondition(
                        "garbage collection takes more than nine tenths of the time for ");
        withoutBuffers = new SustainedCondition("no direct buffer could be had for ");
        lastTick = sources.nanoTime().getAsLong();
        lastCollecting = sources.collectingMillis().getAsLong();
    }

    /// @param end asks the process to end; called at most once, on the watchdog's thread
    public static MemoryWatch ofThisProcess(Runnable end) {
        return new MemoryWatch(
                new Sources(System::nanoTime, pauses(), MemoryWatch::canAllocate), end);
    }

    /// Excludes concurrent collectors.
    private static LongSupplier pauses() {
        List<GarbageCollectorMXBean> stopping =
                ManagementFactory.getGarbageCollectorMXBeans().stream()
                        .filter(bean -> !bean.getName().contains("Cycles"))
                        .filter(bean -> !bean.getName().contains("Concurrent"))
                        .toList();
        return () -> stopping.stream().mapToLong(GarbageCollectorMXBean::getCollectionTime).sum();
    }

    private static boolean canAllocate() {
        long limit = PlatformDependent.maxDirectMemory();
        long ofNetty = PlatformDependent.usedDirectMemory();
        long ofJava =
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .filter(pool -> pool.getName().equals("direct"))
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum();
        if (limit - Math.max(ofNetty, ofJava) > HEADROOM) {
            return true;
        }
        try {
            ByteBufAllocator.DEFAULT.directBuffer(PROBE_BYTES).release();
            return true;
        } catch (OutOfMemoryError e) {
            return false;
        }
    }

    /// Call once a second.
    public void tick() {
        long now = sources.nanoTime().getAsLong();
        long collected = sources.collectingMillis().getAsLong();
        long passed = Math.max(1, now - lastTick);
        double share = (double) TimeUnit.MILLISECONDS.toNanos(collected - lastCollecting) / passed;
        collecting.record(share >= COLLECTING_SHARE, lastTick, now);
        withoutBuffers.record(!sources.hasBuffers().getAsBoolean(), lastTick, now);
        lastTick = now;
        lastCollecting = collected;
        if ((collecting.lasted(END_AFTER) || withoutBuffers.lasted(END_AFTER))
                && ending.compareAndSet(false, true)) {
            LOG.error("out of memory, ending the process: {}", reason());
            end.run();
        }
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public Status status() {
        return collecting.lasted(DOWN_AFTER) || withoutBuffers.lasted(DOWN_AFTER)
                ? HealthCheck.down(reason())
                : HealthCheck.up();
    }

    private String reason() {
        var worse = collecting.nanos > withoutBuffers.nanos ? collecting : withoutBuffers;
        return worse.text + TimeUnit.NANOSECONDS.toSeconds(worse.nanos) + " s";
    }
}
