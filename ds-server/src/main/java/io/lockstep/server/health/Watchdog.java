package io.lockstep.server.health;

import io.lockstep.runtime.FaultBarrier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Finds threads that are stuck. Once a second it hands each of them a task that does nothing; a thread that leaves
/// one undone for [#STUCK_TICKS] ticks in a row is stuck, until it does it.
///
/// It counts its own ticks, not time: when the whole process stood still (a stopped machine, a long garbage
/// collection), no thread is called stuck for it.
///
/// Threads: *thread-safe*. It has a thread of its own, which waits for nobody.
public final class Watchdog implements AutoCloseable {
    /// From a stuck thread to `/livez` 503: at most this and one tick, 7 s.
    static final int STUCK_TICKS = 6;

    private static final Duration TICK = Duration.ofSeconds(1);

    /// Without a tick for so long the watchdog itself does not run.
    private static final Duration SILENT_MAX = Duration.ofSeconds(8);

    private final List<ExecutorHealthCheck> watched;
    private final List<Runnable> others;
    private final LongSupplier nanoTime;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("watchdog").daemon().factory());
    private volatile long lastTick;

    /// @param others run at each tick on the watchdog's thread; never block
    Watchdog(List<WatchedExecutor> executors, List<Runnable> others, LongSupplier nanoTime) {
        watched = executors.stream().map(ExecutorHealthCheck::new).toList();
        this.others = List.copyOf(others);
        this.nanoTime = nanoTime;
        lastTick = nanoTime.getAsLong();
    }

    /// @param others run at each tick on the watchdog's thread; never block
    public static Watchdog start(List<WatchedExecutor> executors, List<Runnable> others) {
        var watchdog = new Watchdog(executors, others, System::nanoTime);
        FaultBarrier.every("the watchdog", TICK, watchdog.thread, watchdog::tick);
        return watchdog;
    }

    /// One for each thread, and one for the watchdog itself.
    public List<HealthCheck> checks() {
        var checks = new ArrayList<HealthCheck>(watched);
        checks.add(HealthCheck.of("watchdog", this::itself));
        return checks;
    }

    private HealthCheck.Status itself() {
        long silent = nanoTime.getAsLong() - lastTick;
        return silent > SILENT_MAX.toNanos()
                ? HealthCheck.down(
                        "did not run for "
                                + TimeUnit.NANOSECONDS.toSeconds(silent)
                                + " s: the process gets no CPU, or no memory")
                : HealthCheck.up();
    }

    /// After a time in which the process stood still the ticks that were missed come all at once: they do not count.
    void tick() {
        long now = nanoTime.getAsLong();
        if (now - lastTick < TICK.toNanos() / 2) {
            return;
        }
        lastTick = now;
        for (var each : watched) {
            FaultBarrier.run(each.name(), each::tick);
        }
        for (var other : others) {
            FaultBarrier.run("a task of the watchdog", other);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
