package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.creation;
import static io.lockstep.ordering.actor.TestAuthors.ephemeral;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupLog;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/// Any exception at any point: each submission still gets its answer in time, the group stays
/// usable, and an alarm is counted. An OutOfMemoryError once ended an actor, and its mailbox was
/// never drained again.
class ThrowsTest {
    enum Thrown {
        EXCEPTION,
        NO_MEMORY,
        STACK,
        LINKAGE;

        Throwable make() {
            return switch (this) {
                case EXCEPTION -> new IllegalStateException("planted");
                case NO_MEMORY -> new OutOfMemoryError("planted");
                case STACK -> new StackOverflowError("planted");
                case LINKAGE -> new NoClassDefFoundError("planted");
            };
        }
    }

    private final ActorHarness stage = new ActorHarness();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final Random random = new Random(3);

    private ActorOrdering node(GroupLog log, Scheduler scheduler, Supplier<Bytes> incarnations) {
        return new ActorOrdering(
                log,
                new KnownIncarnations(10),
                ActorHarness.LIMITS,
                stage.time,
                stage.time.monotonic(),
                scheduler,
                metrics,
                incarnations,
                random);
    }

    private ActorOrdering node(GroupLog log) {
        return node(log, stage.time.new Node(), this::incarnation);
    }

    private Bytes incarnation() {
        var bytes = new byte[GroupHead.INCARNATION_BYTES];
        random.nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    private static List<List<SubmissionAnswer>> submit(
            ActorOrdering node, Submission... submissions) {
        var answers = new ArrayList<List<SubmissionAnswer>>();
        for (var submission : submissions) {
            var given = new ArrayList<SubmissionAnswer>();
            answers.add(given);
            node.submit(submission).subscribe(given::add);
        }
        return answers;
    }

    /// A sequence with each kind of submission and of call, so that every call can throw.
    private List<List<SubmissionAnswer>> life(ActorOrdering node) {
        var answers = new ArrayList<List<SubmissionAnswer>>();
        answers.addAll(submit(node, creation(GROUP, ALICE), application(ALICE, 0, "a")));
        stage.settle();
        answers.addAll(
                submit(
                        node,
                        application(ALICE, 0, "b"),
                        ephemeral(ALICE, 0, "e"),
                        commit(ALICE, 0, "c"),
                        application(BOB, 0, "d")));
        stage.settle();
        var other = stage.node(stage.store, ActorHarness.LIMITS, new SimpleMeterRegistry());
        for (int i = 0; i < 6; i++) {
            other.submit(application(ALICE, 1, "by another node " + i)).subscribe();
            stage.settle();
        }
        answers.addAll(submit(node, commit(ALICE, 0, "late"), ephemeral(BOB, 1, "f")));
        stage.settle();
        answers.addAll(submit(node, application(ALICE, 0, "a"), creation(GROUP, ALICE)));
        stage.pass(ActorHarness.LIMITS.answerMax());
        return answers;
    }

    private double bugs() {
        return metrics.get("lockstep.ordering.alarms").tag("kind", "bug").counter().count();
    }

    private void checkRest(ActorOrdering node, String where) {
        assertThat(metrics.get("lockstep.ordering.queued.bytes").gauge().value())
                .as(where)
                .isZero();
        var again = submit(node, creation(GROUP, ALICE), application(ALICE, 1, "usable"));
        stage.settle();
        assertThat(again)
                .as(where)
                .allSatisfy(given ->
                        assertThat(given)
                                .singleElement()
                                .satisfiesAnyOf(
                                        a ->
                                                assertThat(a)
                                                        .isInstanceOf(
                                                                SubmissionAnswer.AcceptedAnswer
                                                                        .class),
                                        a ->
                                                assertThat(
                                                                ((SubmissionAnswer.RefusedAnswer) a)
                                                                        .code())
                                                        .isEqualTo(Code.EPOCH_FROM_THE_FUTURE)));
    }

    // PROTOCOL R-SUB-1
    @ParameterizedTest
    @EnumSource(ThrowingLog.When.class)
    void callOfTheLogThatThrowsEndsItsBatchAndNothingElse(ThrowingLog.When when) {
        for (var thrown : Thrown.values()) {
            boolean any = true;
            for (int call = 0; any; call++) {
                var where = when + " " + thrown + " at call " + call;
                var test = new ThrowsTest();
                var log = new ThrowingLog(test.stage.store, call, when, thrown::make);
                var node = test.node(log);
                var answers = test.life(node);
                any = log.hasThrown();
                assertThat(answers)
                        .as(where)
                        .allSatisfy(given -> assertThat(given).as(where).hasSize(1));
                if (any) {
                    assertThat(test.bugs()).as(where).isPositive();
                }
                log.disarm();
                test.checkRest(node, where);
            }
        }
    }

    /// Decisions and the answers' receivers throw too.
    @ParameterizedTest
    @EnumSource(Thrown.class)
    void creatingThatThrowsIsAnswered(Thrown thrown) {
        var node =
                node(
                        stage.store,
                        stage.time.new Node(),
                        new Supplier<>() {
                            private boolean done;

                            @Override
                            public Bytes get() {
                                if (!done) {
                                    done = true;
                                    throw ThrowingLog.<RuntimeException>sneaky(thrown.make());
                                }
                                return incarnation();
                            }
                        });
        var answers = submit(node, creation(GROUP, ALICE));
        stage.settle();

        assertThat(answers.getFirst())
                .singleElement()
                .satisfies(a ->
                        assertThat(((SubmissionAnswer.RefusedAnswer) a).code())
                                .isEqualTo(Code.INTERNAL));
        checkRest(node, thrown.name());
    }

    @ParameterizedTest
    @EnumSource(Thrown.class)
    void receiverThatThrowsCostsNobodyElseAnAnswer(Thrown thrown) {
        var node = node(stage.store);
        node.submit(creation(GROUP, ALICE)).subscribe();
        stage.settle();
        node.submit(application(ALICE, 0, "a"))
                .subscribe(_ -> {
                    throw ThrowingLog.<RuntimeException>sneaky(thrown.make());
                });
        var answers = submit(node, application(ALICE, 0, "b"));
        stage.settle();

        assertThat(answers.getFirst())
                .singleElement()
                .isInstanceOf(SubmissionAnswer.AcceptedAnswer.class);
        checkRest(node, thrown.name());
    }

    /// Each task in turn is refused, or not scheduled for lack of memory.
    @ParameterizedTest
    @EnumSource(Thrown.class)
    void schedulerThatThrowsLosesNoAnswer(Thrown thrown) {
        for (int task = 0; task < 30; task++) {
            var test = new ThrowsTest();
            var scheduler = new ThrowingScheduler(test.stage.time.new Node(), task, thrown::make);
            var node = test.node(test.stage.store, scheduler, test::incarnation);
            var where = thrown + " at task " + task;
            assertThat(test.life(node))
                    .as(where)
                    .allSatisfy(given -> assertThat(given).as(where).hasSize(1));
            scheduler.left = -1;
            test.checkRest(node, where);
        }
    }

    // PROTOCOL R-SUB-1
    @Test
    void schedulerThatStopsLosesNoAnswer() {
        var scheduler =
                new ThrowingScheduler(
                        stage.time.new Node(), 0, () -> new RejectedExecutionException("stopped"));
        scheduler.forEver = true;
        var log = new ForwardingLog(stage.store) {};
        var node = node(log, scheduler, this::incarnation);

        assertThat(submit(node, creation(GROUP, ALICE), application(ALICE, 0, "a")))
                .allSatisfy(given ->
                        assertThat(given)
                                .singleElement()
                                .isInstanceOf(SubmissionAnswer.AcceptedAnswer.class));
    }

    private static final class ThrowingScheduler implements Scheduler {
        private final Scheduler real;
        private final Supplier<? extends Throwable> thrown;
        private int left;
        private boolean forEver;

        ThrowingScheduler(Scheduler real, int task, Supplier<? extends Throwable> thrown) {
            this.real = real;
            left = task;
            this.thrown = thrown;
        }

        private void count() {
            if (left-- == 0 || (forEver && left < 0)) {
                throw ThrowingLog.<RuntimeException>sneaky(thrown.get());
            }
        }

        @Override
        public Disposable schedule(Runnable task) {
            count();
            return real.schedule(task);
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            count();
            return real.schedule(task, delay, unit);
        }

        @Override
        public Disposable schedulePeriodically(
                Runnable task, long initialDelay, long period, TimeUnit unit) {
            return real.schedulePeriodically(task, initialDelay, period, unit);
        }

        @Override
        public Worker createWorker() {
            return real.createWorker();
        }
    }
}
