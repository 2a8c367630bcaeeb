package io.lockstep.directory;

import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/// Schedules, group by group, the [WelcomeDelivery] that moves the Welcomes of accepted commits
/// from the log into the inboxes of their joiners (invariant I5), and retries what failed.
///
/// The log tells which groups have pending Welcomes, and the dispatcher reads them from the log. It
/// holds no state that must survive, so a crash at any step loses nothing. Filing an item twice
/// stores it once.
///
/// One task at a time works on a group, and at most `welcomesInFlightMax` tasks run in total. A
/// group whose task failed is retried without limit, after pauses that grow. Other groups are not
/// delayed.
///
/// Invariant: a group is in `phases` exactly while a task or pause of it remains; it is in
/// `waiting` exactly once while its phase is WAITING; `running` = phases in RUNNING or
/// RUNNING_STALE ≤ `welcomesInFlightMax`.
///
/// Threads: *thread-safe*. This object's monitor guards the state, and is never held across I/O.
public final class WelcomeDispatcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WelcomeDispatcher.class);

    private enum WorkPhase {
        /// Waits for its turn.
        WAITING,
        /// Waits for the stores.
        RUNNING,
        /// Waits for the stores; a further notice arrived meanwhile.
        RUNNING_STALE,
        /// Waits for the end of the pause after a failure.
        PAUSING
    }

    private static final class GroupWork {
        WorkPhase phase = WorkPhase.WAITING;
        int failures;
    }

    private final GroupLog log;
    private final WelcomeDelivery delivery;
    private final DirectoryLimits limits;
    private final Scheduler scheduler;
    private final Counter retries;
    private final Sinks.Empty<Void> stop = Sinks.empty();

    private final Map<GroupId, GroupWork> phases = new HashMap<>();
    private final Queue<GroupId> waiting = new ArrayDeque<>();
    private int running;
    private boolean stopped;

    /// @param scheduler on which tasks start and pauses end
    public WelcomeDispatcher(
            GroupLog log,
            BlobStore blobs,
            KeyPackageStore keyPackages,
            InboxStore inboxes,
            SenderPseudonyms senders,
            DirectoryLimits limits,
            Scheduler scheduler,
            MeterRegistry meters) {
        this.log = log;
        this.delivery = new WelcomeDelivery(log, blobs, keyPackages, inboxes, senders, meters);
        this.limits = limits;
        this.scheduler = scheduler;
        this.retries = meters.counter("lockstep.directory.welcomes.retries");
        Gauge.builder(
                        "lockstep.directory.welcomes.groups.pending",
                        this,
                        WelcomeDispatcher::pending)
                .register(meters);
    }

    /// Starts to follow the log, once. It first releases what a crash of this node left, and then
    /// searches every `sweepInterval` for what a crash of another node left.
    public void start() {
        FaultBarrier.ticks(Duration.ZERO, limits.sweepInterval(), scheduler)
                .switchMap(_ -> log.welcomesPending())
                .doOnError(e ->
                        LOG.warn(
                                "the stream of pending Welcomes failed, subscribing" + " again", e))
                .retryWhen(
                        Retry.backoff(Long.MAX_VALUE, limits.retryMin())
                                .maxBackoff(limits.retryMax())
                                .transientErrors(true)
                                .scheduler(scheduler))
                .takeUntilOther(stop.asMono())
                .subscribe(FaultBarrier.each("a Welcome's release", this::told));
    }

    private void told(GroupId group) {
        synchronized (this) {
            var work = phases.get(group);
            if (work == null) {
                phases.put(group, new GroupWork());
                waiting.add(group);
            } else if (work.phase == WorkPhase.RUNNING) {
                work.phase = WorkPhase.RUNNING_STALE;
            }
        }
        pump();
    }

    private void pump() {
        while (true) {
            GroupId group;
            synchronized (this) {
                if (running == limits.welcomesInFlightMax() || stopped) {
                    return;
                }
                group = waiting.poll();
                if (group == null) {
                    return;
                }
                work(group).phase = WorkPhase.RUNNING;
                running++;
                assert running <= limits.welcomesInFlightMax();
            }
            run(group);
        }
    }

    private void run(GroupId group) {
        delivery.releaseAll(group)
                .subscribeOn(scheduler)
                .takeUntilOther(stop.asMono())
                .subscribe(_ -> {}, e -> failed(group, e), () -> succeeded(group));
    }

    private void succeeded(GroupId group) {
        synchronized (this) {
            running--;
            var work = work(group);
            if (work.phase == WorkPhase.RUNNING_STALE) {
                work.phase = WorkPhase.WAITING;
                work.failures = 0;
                waiting.add(group);
            } else {
                phases.remove(group);
            }
        }
        pump();
    }

    private void failed(GroupId group, Throwable error) {
        int failures;
        synchronized (this) {
            running--;
            var work = work(group);
            work.phase = WorkPhase.PAUSING;
            failures = ++work.failures;
        }
        retries.increment();
        long pause = pauseMillis(failures);
        LOG.warn(
                "the release of Welcomes of group {} failed, attempt {}, next in {} ms",
                group,
                failures,
                pause,
                error);
        Mono.delay(Duration.ofMillis(pause), scheduler)
                .takeUntilOther(stop.asMono())
                .subscribe(_ -> paused(group));
        pump();
    }

    private void paused(GroupId group) {
        synchronized (this) {
            work(group).phase = WorkPhase.WAITING;
            waiting.add(group);
        }
        pump();
    }

    private long pauseMillis(int failures) {
        long doubled = limits.retryMin().toMillis() << Math.min(failures - 1, 20);
        return Math.min(doubled, limits.retryMax().toMillis());
    }

    private GroupWork work(GroupId group) {
        var work = phases.get(group);
        if (work == null) {
            throw new IllegalStateException("group " + group + " has no running task");
        }
        return work;
    }

    private synchronized int pending() {
        return phases.size();
    }

    /// Stops. Welcomes that are not released stay pending in the log.
    @Override
    public void close() {
        synchronized (this) {
            stopped = true;
        }
        stop.tryEmitEmpty();
    }
}
