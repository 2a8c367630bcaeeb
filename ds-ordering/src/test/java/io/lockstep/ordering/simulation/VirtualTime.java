package io.lockstep.ordering.simulation;

import io.lockstep.runtime.MonotonicClock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/// The simulation's clock and its one thread. Tasks of the same instant run in random order.
public final class VirtualTime implements InstantSource {
    private record Task(long atMicros, long tieBreak, boolean periodic, Runnable work) {}

    private final RandomGenerator random;
    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>((a, b) ->
                    a.atMicros != b.atMicros
                            ? Long.compare(a.atMicros, b.atMicros)
                            : Long.compare(a.tieBreak, b.tieBreak));
    private long nowMicros = 1_000_000_000L;
    private long wallOffsetMillis;
    private int pending;

    public VirtualTime(RandomGenerator random) {
        this.random = random;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis());
    }

    @Override
    public long millis() {
        return nowMicros / 1000 + wallOffsetMillis;
    }

    /// A clock that does not change when the wall clock is set.
    public MonotonicClock monotonic() {
        return () -> nowMicros * 1000;
    }

    /// Sets the wall clock.
    public void setWallClock(Duration by) {
        wallOffsetMillis += by.toMillis();
    }

    public void after(long micros, Runnable work) {
        add(micros, false, work);
    }

    private void add(long micros, boolean periodic, Runnable work) {
        tasks.add(new Task(nowMicros + micros, random.nextLong(), periodic, work));
        pending += periodic ? 0 : 1;
    }

    /// Whether any task is left except periodic ones.
    public boolean isBusy() {
        return pending > 0;
    }

    public void step() {
        var task = tasks.remove();
        pending -= task.periodic ? 0 : 1;
        nowMicros = task.atMicros;
        task.work.run();
    }

    public void runFor(long micros) {
        long until = nowMicros + micros;
        while (!tasks.isEmpty() && tasks.element().atMicros <= until) {
            step();
        }
        nowMicros = until;
    }

    /// A node's share of the thread; it stops when the node crashes.
    public final class Node implements Scheduler {
        private boolean dead;

        public void kill() {
            dead = true;
        }

        private Disposable later(long micros, boolean periodic, Runnable work) {
            var disposable = Disposables.single();
            add(
                    micros,
                    periodic,
                    () -> {
                        if (!dead && !disposable.isDisposed()) {
                            work.run();
                        }
                    });
            return disposable;
        }

        @Override
        public Disposable schedule(Runnable task) {
            return later(random.nextInt(20), false, task);
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            return later(unit.toMicros(delay), false, task);
        }

        @Override
        public Disposable schedulePeriodically(
                Runnable task, long initialDelay, long period, TimeUnit unit) {
            var disposable = Disposables.single();
            again(task, unit.toMicros(period), disposable);
            return disposable;
        }

        private void again(Runnable task, long periodMicros, Disposable disposable) {
            later(
                    periodMicros,
                    true,
                    () -> {
                        if (!disposable.isDisposed()) {
                            task.run();
                            again(task, periodMicros, disposable);
                        }
                    });
        }

        @Override
        public Worker createWorker() {
            throw new UnsupportedOperationException("actors do not use workers");
        }
    }
}
