package io.lockstep.server.health;

import io.lockstep.runtime.FaultBarrier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Detects stuck threads. Once a second it submits an empty task to each thread. A thread that
/// leaves a task undone for [#STUCK_TICKS] ticks in a row is stuck until it runs the task.
///
/// It counts its own ticks, not time: if the whole process stopped (a suspended machine, a long
/// garbage collection), no thread counts as stuck.
///
/// Threads: *thread-safe*. It has a separate thread, which waits for no other.
public final class Watchdog implements AutoCloseable {
    /// From a stuck thread to `/livez` 503: at most this and one tick, 7 s.
    static final int STUCK_TICKS = 6;

    private static final Duration TICK = Duration.ofSeconds(1);

    /// Without a tick for this time the watchdog itself does not run.
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

    /// One check for each thread, and one for the watchdog itself.
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

    /// After the process was stopped, the missed ticks run at once. They do not count.
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
