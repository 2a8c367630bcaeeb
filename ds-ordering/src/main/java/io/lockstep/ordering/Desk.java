package io.lockstep.ordering;

import io.lockstep.log.GroupLog;
import io.lockstep.wire.Bytes;
import java.time.InstantSource;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import reactor.core.scheduler.Scheduler;

/// What all actors of a node share.
///
/// Threads: *thread-safe*, given thread-safe parts.
///
/// @param unansweredBytes of all submissions taken and not answered
/// @param residentBytes what the states of all groups hold on to, roughly
/// @param incarnations 16 random bytes each
/// @param jitter spreads retries
record Desk(
        GroupLog log,
        OrderingLimits limits,
        InstantSource clock,
        Scheduler scheduler,
        OrderingMetrics metrics,
        AtomicLong unansweredBytes,
        AtomicLong residentBytes,
        Supplier<Bytes> incarnations,
        RandomGenerator jitter,
        Runnable answered) {
    /// Runs the task on the scheduler; on this thread if it takes no more, so that nobody stays unanswered.
    @SuppressWarnings("FutureReturnValueIgnored")
    void run(Runnable task) {
        try {
            scheduler.schedule(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    void runAfter(long millis, Runnable task) {
        try {
            scheduler.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }

    /// Full-jitter pause before retry number `retries`, from 0.
    long pauseMillis(int retries) {
        long first = limits.retryFirst().toMillis();
        long ceiling = Math.min(limits.retryMax().toMillis(), first << Math.min(retries, 16));
        return 1 + jitter.nextLong(ceiling);
    }
}
