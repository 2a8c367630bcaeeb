package io.lockstep.ordering.actor;

import io.lockstep.log.GroupLog;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Bytes;
import java.time.InstantSource;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;

/// The context shared by all actors of a node.
///
/// Threads: *thread-safe*, given thread-safe parts.
///
/// @param clock for stored times
/// @param monotonic for every deadline and pause
/// @param unansweredBytes bytes of all submissions that were accepted into a mailbox and are not
///     answered
/// @param residentBytes approximate bytes held by the states of all groups
/// @param incarnations generates 16 random bytes each
/// @param jitter randomises retries
record ActorContext(
        GroupLog log,
        KnownIncarnations remembered,
        OrderingLimits limits,
        InstantSource clock,
        MonotonicClock monotonic,
        Scheduler scheduler,
        OrderingMetrics metrics,
        AtomicLong unansweredBytes,
        AtomicLong residentBytes,
        Supplier<Bytes> incarnations,
        RandomGenerator jitter,
        LogThrottle logThrottle,
        Runnable answered) {
    private static final Logger LOG = LoggerFactory.getLogger(ActorContext.class);

    /// Runs the task on the scheduler, or on this thread if the scheduler accepts no more tasks, so
    /// that every submission gets an answer. Throws nothing: when scheduling fails for lack of
    /// memory, the next sweep schedules the task again.
    @SuppressWarnings("FutureReturnValueIgnored")
    void run(Runnable task) {
        try {
            scheduler.schedule(task);
        } catch (RejectedExecutionException e) {
            task.run();
        } catch (Throwable e) {
            metrics.alarm(OrderingMetrics.Alarm.BUG);
            logThrottle.log(() -> LOG.error("a task was not scheduled", e));
        }
    }

    /// @return false when the scheduler accepts no more tasks
    boolean runAfter(long millis, Runnable task) {
        try {
            scheduler.schedule(task, millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /// The pause, with full jitter, before retry number `retries`, counted from 0.
    long pauseMillis(int retries) {
        long first = limits.retryFirst().toMillis();
        long ceiling = Math.min(limits.retryMax().toMillis(), first << Math.min(retries, 16));
        return jitterMillis(ceiling);
    }

    /// A random number of milliseconds from 1 to the ceiling.
    long jitterMillis(long ceilingMillis) {
        return 1 + jitter.nextLong(ceilingMillis);
    }
}
