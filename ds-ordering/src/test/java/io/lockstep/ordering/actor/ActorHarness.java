package io.lockstep.ordering.actor;

import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupTail;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.log.LogLimits;
import io.lockstep.log.memory.MemoryBlobStore;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.simulation.VirtualTime;
import io.lockstep.ordering.state.GroupStateLimits;
import io.lockstep.wire.Bytes;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import reactor.core.publisher.Mono;

/// One node in virtual time, over a log that the test can disturb.
final class ActorHarness {
    static final OrderingLimits LIMITS = limits(128, 256, 100);

    private final Random random = new Random(2);
    final VirtualTime time = new VirtualTime(new Random(1));
    final MemoryBlobStore blobs = new MemoryBlobStore(time);
    final MemoryGroupLog store = new MemoryGroupLog(blobs, LogLimits.DEFAULT, time);
    final DisturbedLog log;
    final MeterRegistry metrics = new SimpleMeterRegistry();
    final ActorOrdering actors;

    ActorHarness() {
        this(LIMITS);
    }

    ActorHarness(OrderingLimits limits) {
        log = new DisturbedLog(store);
        actors = node(log, limits, metrics);
    }

    static OrderingLimits limits(int mailbox, int batch, int actors) {
        return new OrderingLimits(
                mailbox,
                4 << 20,
                8L << 20,
                Math.min(batch, mailbox),
                1 << 20,
                new GroupStateLimits(4, 10_000, 200),
                actors,
                1L << 30,
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofMillis(20),
                Duration.ofMillis(500),
                Duration.ofSeconds(3),
                Duration.ofSeconds(10),
                Duration.ofMillis(200));
    }

    ActorOrdering node(GroupLog over, OrderingLimits limits, MeterRegistry registry) {
        return node(over, new KnownIncarnations(1000), limits, registry);
    }

    ActorOrdering node(
            GroupLog over,
            KnownIncarnations remembered,
            OrderingLimits limits,
            MeterRegistry registry) {
        return new ActorOrdering(
                over,
                remembered,
                limits,
                time,
                time.monotonic(),
                time.new Node(),
                registry,
                () -> {
                    var incarnation = new byte[GroupHead.INCARNATION_BYTES];
                    random.nextBytes(incarnation);
                    return Bytes.wrap(incarnation);
                },
                random);
    }

    /// Submits without waiting; answers are added to the returned list.
    List<SubmissionAnswer> submit(Submission... submissions) {
        var answers = new ArrayList<SubmissionAnswer>();
        for (var submission : submissions) {
            actors.submit(submission).subscribe(answers::add);
        }
        return answers;
    }

    /// Submits and runs until the answer.
    SubmissionAnswer ask(Submission submission) {
        return ask(actors, submission);
    }

    SubmissionAnswer ask(ActorOrdering node, Submission submission) {
        var answers = new ArrayList<SubmissionAnswer>();
        node.submit(submission).subscribe(answers::add);
        settle();
        if (answers.size() != 1) {
            throw new AssertionError("not one answer, but " + answers);
        }
        return answers.getFirst();
    }

    SubmissionAnswer.AcceptedAnswer accept(Submission submission) {
        if (!(ask(submission) instanceof SubmissionAnswer.AcceptedAnswer accepted)) {
            throw new AssertionError("refused: " + submission);
        }
        return accepted;
    }

    SubmissionAnswer.RefusedAnswer refuse(Submission submission) {
        if (!(ask(submission) instanceof SubmissionAnswer.RefusedAnswer refused)) {
            throw new AssertionError("accepted: " + submission);
        }
        return refused;
    }

    /// Runs the tasks of the next tenth of a second.
    void settle() {
        pass(Duration.ofMillis(100));
    }

    void pass(Duration duration) {
        time.runFor(duration.toNanos() / 1000);
    }

    /// The store's immediate answer: it is in memory.
    static <T> T now(Mono<T> answer) {
        return Objects.requireNonNull(answer.block());
    }

    GroupTail tail() {
        return now(store.tail(TestAuthors.GROUP));
    }

    double alarms(String kind) {
        return metrics.get("lockstep.ordering.alarms").tag("kind", kind).counter().count();
    }

    double lookups() {
        return metrics.get("lockstep.ordering.resend.lookups").counter().count();
    }
}
