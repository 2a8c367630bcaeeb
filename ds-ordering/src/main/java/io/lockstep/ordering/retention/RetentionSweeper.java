package io.lockstep.ordering.retention;

import io.lockstep.log.GroupLog;
import io.lockstep.log.SweepOutcome;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.RateLimitedLogger;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Applies the retention to groups that nobody uses (invariant I8): once a second it has the log
/// sweep the groups that are due. Every node of a deployment does so; the log gives each group to
/// one of them.
public final class RetentionSweeper implements AutoCloseable {
    private static final RateLimitedLogger LOG = RateLimitedLogger.of(RetentionSweeper.class);
    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final GroupLog log;
    private final SweepLimits limits;
    private final AtomicLong lateMillis = new AtomicLong();
    private final Counter groups;
    private final Counter entries;
    private final Counter failures;
    private final Disposable sweeps;

    /// Begins to sweep.
    ///
    /// @param scheduler runs the timer; its tasks are short
    public RetentionSweeper(
            GroupLog log, SweepLimits limits, Scheduler scheduler, MeterRegistry metrics) {
        this.log = log;
        this.limits = limits;
        groups =
                Counter.builder("lockstep.retention.groups")
                        .description("Groups that the sweep examined")
                        .register(metrics);
        entries =
                Counter.builder("lockstep.retention.entries")
                        .description("Entries that the sweep deleted because they had expired")
                        .register(metrics);
        failures =
                Counter.builder("lockstep.retention.failures")
                        .description("Sweeps that failed; the next one repeats them")
                        .register(metrics);
        Gauge.builder("lockstep.retention.late", lateMillis, late -> late.get() / 1_000.0)
                .baseUnit("seconds")
                .description("How long a group had been due when the last sweep came to it")
                .register(metrics);
        sweeps =
                FaultBarrier.ticks(PERIOD, PERIOD, scheduler)
                        .concatMap(
                                FaultBarrier.<Long, SweepOutcome>mono(
                                        "the sweep of groups", _ -> sweep()),
                                1)
                        .subscribe();
    }

    private Mono<SweepOutcome> sweep() {
        return log.sweep(limits.stepsPerSecond())
                .doOnNext(this::count)
                .onErrorResume(error -> {
                    failures.increment();
                    LOG.warn("groups were not swept: {}", error.toString());
                    return Mono.empty();
                });
    }

    private void count(SweepOutcome outcome) {
        groups.increment(outcome.groups());
        entries.increment((double) outcome.entries());
        lateMillis.set(outcome.late().toMillis());
    }

    @Override
    public void close() {
        sweeps.dispose();
    }
}
