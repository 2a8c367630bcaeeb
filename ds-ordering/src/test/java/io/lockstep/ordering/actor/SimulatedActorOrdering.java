package io.lockstep.ordering.actor;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupLog;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.ordering.Ordering;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.simulation.VirtualTime;
import io.lockstep.wire.Bytes;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.random.RandomGenerator;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// [ActorOrdering] whose random decisions come from the test's seed, and whose state can be
/// inspected.
public final class SimulatedActorOrdering implements Ordering {
    private final ActorOrdering actors;
    private final MeterRegistry metrics;

    public SimulatedActorOrdering(
            GroupLog log,
            OrderingLimits limits,
            VirtualTime time,
            Scheduler scheduler,
            MeterRegistry metrics,
            RandomGenerator random) {
        this.metrics = metrics;
        actors =
                new ActorOrdering(
                        log,
                        new KnownIncarnations(1000),
                        limits,
                        time,
                        time.monotonic(),
                        scheduler,
                        metrics,
                        () -> {
                            var bytes = new byte[GroupHead.INCARNATION_BYTES];
                            random.nextBytes(bytes);
                            return Bytes.wrap(bytes);
                        },
                        random);
    }

    @Override
    public Mono<SubmissionAnswer> submit(Submission submission) {
        return actors.submit(submission);
    }

    public int actors() {
        return actors.actors();
    }

    /// Checks that no submission waits, no memory is held and no fault was counted.
    ///
    /// @param errorsWereThrown whether faults may have been counted
    public void checkAtRest(boolean errorsWereThrown) {
        assertThat(metrics.get("lockstep.ordering.queued.bytes").gauge().value()).isZero();
        if (!errorsWereThrown) {
            assertThat(metrics.get("lockstep.ordering.alarms").tag("kind", "bug").counter().count())
                    .as("faults of ours")
                    .isZero();
        }
        assertThat(metrics.get("lockstep.ordering.alarms").tag("kind", "frozen").counter().count())
                .as("frozen groups over a sound log")
                .isZero();
        assertThat(actors()).as("idle groups are put away").isZero();
        assertThat(metrics.get("lockstep.ordering.resident.bytes").gauge().value()).isZero();
    }
}
