package io.lockstep.ordering.actor;

import io.lockstep.log.GroupLog;
import io.lockstep.log.RememberedGroups;
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

/// What all actors of a node share.
///
/// Threads: *thread-safe*, given thread-safe parts.
///
/// @param clock for what is stored
/// @param monotonic for every deadline and pause
/// @param unansweredBytes of all submissions taken and not answered
/// @param residentBytes what the states of all groups hold on to, roughly
/// @param incarnations 16 random bytes each
/// @param jitter spreads retries
record Desk(
        GroupLog log,
        RememberedGroups remembered,
        OrderingLimits limits,
        InstantSource clock,
        MonotonicClock monotonic,
        Scheduler scheduler,
        OrderingMetrics metrics,
        AtomicLong unansweredBytes,
        AtomicLong residentBytes,
        Supplier<Bytes> incarnations,
        RandomGenerator jitter,
        TroubleLog troubleLog,
        Runnable answered) {
    private static final Logger LOG = LoggerFactory.getLogger(Desk.class);

    /// Runs the task on the scheduler; on this thread if it takes no more, so that nobody stays unanswered. Throws
    /// nothing: what the scheduler could not take for want of memory the next sweep schedules again.
    @SuppressWarnings("FutureReturnValueIgnored")
    void run(Runnable task) {
        try {
            scheduler.schedule(task);
        } catch (RejectedExecutionException e) {
            task.run();
        } catch (Throwable e) {
            metrics.alarm(OrderingMetrics.Alarm.BUG);
            troubleLog.say(() -> LOG.error("a task was not scheduled", e));
        }
    }

    /// @return false when the scheduler takes no more
    boolean runAfter(long millis, Runnable task) {
        try {
            scheduler.schedule(task, millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /// Full-jitter pause before retry number `retries`, from 0.
    long pauseMillis(int retries) {
        long first = limits.retryFirst().toMillis();
        long ceiling = Math.min(limits.retryMax().toMillis(), first << Math.min(retries, 16));
        return jittered(ceiling);
    }

    /// 1 to so many milliseconds.
    long jittered(long ceilingMillis) {
        return 1 + jitter.nextLong(ceilingMillis);
    }
}
