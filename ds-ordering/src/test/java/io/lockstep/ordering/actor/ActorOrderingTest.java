package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.CAROL;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.adding;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.bytes;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.creation;
import static io.lockstep.ordering.actor.TestAuthors.ephemeral;
import static io.lockstep.ordering.actor.TestAuthors.removing;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.GroupRules;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.state.BatchDecision;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.ordering.state.KeyedSubmission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Tests of an actor without failures.
class ActorOrderingTest {
    private final ActorHarness stage = new ActorHarness();

    private static List<Code> codes(List<SubmissionAnswer> answers) {
        return answers.stream().map(a -> ((SubmissionAnswer.RefusedAnswer) a).code()).toList();
    }

    private static Submission[] applications(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> application(ALICE, 0, "m" + i))
                .toArray(Submission[]::new);
    }

    /// Submissions used to be offered one by one. The first woke the actor, which took it as a
    /// batch of its own, and every burst cost two appends and two broadcasts.
    @Test
    void submissionsThatCameTogetherAreAppendedTogether() {
        var meters = new SimpleMeterRegistry();
        var node = stage.time.new Node();
        var atOnce =
                new Scheduler() {
                    @Override
                    public Disposable schedule(Runnable task) {
                        task.run();
                        return Disposables.disposed();
                    }

                    @Override
                    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
                        return node.schedule(task, delay, unit);
                    }

                    @Override
                    public Disposable schedulePeriodically(
                            Runnable task, long initialDelay, long period, TimeUnit unit) {
                        return node.schedulePeriodically(task, initialDelay, period, unit);
                    }

                    @Override
                    public Worker createWorker() {
                        return node.createWorker();
                    }
                };
        var actors =
                new ActorOrdering(stage.store, ActorHarness.LIMITS, stage.time, atOnce, meters);
        ActorHarness.now(actors.submit(creation(GROUP, ALICE)));
        var batches = meters.get("lockstep.ordering.batch.size").summary();
        actors.submit(application(ALICE, 0, "alone")).subscribe();
        assertThat(batches.count()).isEqualTo(1);

        var answers = new ArrayList<SubmissionAnswer>();
        actors.submitTogether(List.of(applications(10)))
                .forEach(answer -> answer.subscribe(answers::add));

        assertThat(batches.count()).isEqualTo(2);
        assertThat(batches.totalAmount()).isEqualTo(11);
        assertThat(
                        answers.stream()
                                .map(a ->
                                        ((SubmissionAnswer.AcceptedAnswer) a)
                                                .logPosition()
                                                .position()))
                .containsExactly(2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        var mixed = new ArrayList<SubmissionAnswer>();
        var overfull =
                new ArrayList<Submission>(
                        List.of(applications(ActorHarness.LIMITS.mailboxCountMax() + 5)));
        actors.submitTogether(overfull).forEach(answer -> answer.subscribe(mixed::add));
        assertThat(mixed).hasSize(overfull.size());
        assertThat(mixed.stream().filter(SubmissionAnswer.RefusedAnswer.class::isInstance))
                .as("one user alone takes half of the room")
                .hasSize(ActorHarness.LIMITS.mailboxCountMax() / 2 + 5);
        assertThat(meters.get("lockstep.ordering.queued.bytes").gauge().value()).isZero();
    }

    // PROTOCOL R-CREATE-5
    @Test
    void createIsAcceptedAtPositionZero() {
        var accepted = stage.accept(creation(GROUP, ALICE));

        assertThat(accepted.logPosition().position()).isZero();
        assertThat(accepted.repeat()).isFalse();
        assertThat(accepted.logPosition()).isEqualTo(stage.tail().last());
    }

    // PROTOCOL R-CREATE-4
    @Test
    @DisplayName("I4: create sent again by its author is a repeat, by another a collision")
    void createSentAgain() {
        var first = stage.accept(creation(GROUP, ALICE));
        stage.accept(application(ALICE, 0, "m"));

        var again = stage.accept(creation(GROUP, ALICE));

        assertThat(again.logPosition()).isEqualTo(first.logPosition());
        assertThat(again.repeat()).isTrue();
        assertThat(stage.refuse(creation(GROUP, BOB)).code()).isEqualTo(Code.GROUP_EXISTS);
    }

    @Test
    void epochThatNoGroupCanBeInIsRefused() {
        var create =
                new Submission.CreateSubmission(GROUP, ALICE, -1, GroupRules.DEFAULT, Bytes.EMPTY);

        assertThat(stage.refuse(create).code()).isEqualTo(Code.INVALID_REQUEST);
    }

    @Test
    void submissionsAreDecidedInTheOrderOfTheCallsWithoutWaiting() {
        var answers =
                stage.submit(
                        creation(GROUP, ALICE),
                        application(ALICE, 0, "one"),
                        commit(ALICE, 0, "commit", adding(BOB), 0),
                        application(BOB, 1, "two"));
        stage.settle();

        assertThat(answers)
                .extracting(a -> ((SubmissionAnswer.AcceptedAnswer) a).logPosition().position())
                .containsExactly(0L, 1L, 2L, 3L);
    }

    @Test
    void submissionNeedsNoSubscriberToBeDecided() {
        stage.accept(creation(GROUP, ALICE));
        var first = stage.actors.submit(application(ALICE, 0, "one"));
        var second = stage.actors.submit(application(ALICE, 0, "two"));
        stage.settle();

        assertThat(
                        ((SubmissionAnswer.AcceptedAnswer) ActorHarness.now(second))
                                .logPosition()
                                .position())
                .isEqualTo(2);
        assertThat(
                        ((SubmissionAnswer.AcceptedAnswer) ActorHarness.now(first))
                                .logPosition()
                                .position())
                .isEqualTo(1);
    }

    @Test
    void submissionsDuringAnAppendAreAppendedTogetherInTheNext() {
        stage.accept(creation(GROUP, ALICE));
        var gate = stage.log.holdAppends();
        var first = stage.submit(application(ALICE, 0, "first"));
        stage.settle();
        var rest = stage.submit(applications(50));
        stage.settle();
        assertThat(first).isEmpty();

        gate.tryEmitEmpty();
        stage.settle();

        assertThat(first).hasSize(1);
        assertThat(rest).hasSize(50);
        assertThat(stage.log.appends).containsExactly(1, 50);
    }

    @Test
    void batchIsBoundedInCountAndBytes() {
        var small = new ActorHarness(ActorHarness.limits(64, 10, 100));
        small.accept(creation(GROUP, ALICE));
        small.submit(applications(25));
        small.settle();
        assertThat(small.log.appends).containsExactly(10, 10, 5);

        stage.accept(creation(GROUP, ALICE));
        var large = "x".repeat(600_000);
        stage.submit(
                application(ALICE, 0, large + 1),
                application(ALICE, 0, large + 2),
                application(ALICE, 0, "small"));
        stage.settle();
        assertThat(stage.log.appends).containsExactly(1, 2);
    }

    @Test
    void fullMailboxRefusesAtOnceAndLosesNothing() {
        stage.accept(creation(GROUP, ALICE));
        var gate = stage.log.holdAppends();
        var first = stage.submit(application(ALICE, 0, "first"));
        stage.settle();

        var taken = stage.submit(applications(64));
        var refused = stage.submit(application(ALICE, 0, "one too many"));
        assertThat(codes(refused)).containsExactly(Code.OVERLOADED);

        gate.tryEmitEmpty();
        stage.settle();
        assertThat(first).hasSize(1);
        assertThat(taken).hasSize(64).allMatch(a -> a instanceof SubmissionAnswer.AcceptedAnswer);
        assertThat(stage.tail().position()).isEqualTo(65);
    }

    @Test
    void mailboxIsBoundedInBytes() {
        stage.accept(creation(GROUP, ALICE));
        stage.log.holdAppends();
        var large = "x".repeat(1_000_000);
        var batch = stage.submit(application(ALICE, 0, "at work"));
        stage.settle();
        assertThat(batch).isEmpty();
        for (int i = 0; i < 2; i++) {
            assertThat(stage.submit(application(ALICE, 0, large + i))).isEmpty();
        }
        assertThat(codes(stage.submit(application(ALICE, 0, large))))
                .as("half of the room is for others")
                .contains(Code.OVERLOADED);
        assertThat(stage.submit(application(BOB, 0, large))).isEmpty();
        assertThat(stage.submit(application(CAROL, 0, large))).isEmpty();
        assertThat(codes(stage.submit(application(TestAuthors.author("dave", "phone"), 0, large))))
                .as("full")
                .contains(Code.OVERLOADED);
    }

    @Test
    void allMailTogetherIsBoundedInBytes() {
        var large = "x".repeat(1_000_000);
        stage.log.onLoad = _ -> Mono.never();
        var answers = new ArrayList<SubmissionAnswer>();
        for (int i = 0; i < 10; i++) {
            answers.addAll(
                    stage.submit(application(new GroupId(bytes("g" + i)), ALICE, 0, bytes(large))));
        }
        assertThat(codes(answers)).containsExactly(Code.OVERLOADED, Code.OVERLOADED);
    }

    // PROTOCOL R-REFUSED-2
    @Test
    @DisplayName("I1, I3: the loser of a race is refused when the winner is durable, and gets it")
    void loserIsAnsweredAfterTheWinnerIsDurable() {
        stage.accept(creation(GROUP, ALICE));
        stage.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        var gate = stage.log.holdAppends();
        var answers = stage.submit(commit(ALICE, 1, "winner"), commit(BOB, 1, "loser"));
        stage.settle();
        assertThat(answers).as("nothing is said while the winner is not durable").isEmpty();

        gate.tryEmitEmpty();
        stage.settle();

        var winner = (SubmissionAnswer.AcceptedAnswer) answers.getFirst();
        var loser = (SubmissionAnswer.RefusedAnswer) answers.getLast();
        assertThat(loser.code()).isEqualTo(Code.EPOCH_CONFLICT);
        assertThat(loser.tail().orElseThrow().last()).isEqualTo(winner.logPosition());
        assertThat(loser.missed()).extracting(LogEntry::message).containsExactly(bytes("winner"));
        assertThat(loser.missedAll()).isTrue();
    }

    @Test
    void missedEntriesThatAreNotInMemoryAreRead() {
        stage.accept(creation(GROUP, ALICE));
        for (int i = 0; i < 10; i++) {
            stage.accept(application(ALICE, 0, "m" + i));
        }
        stage.accept(commit(ALICE, 0, "winner"));

        var all = stage.refuse(commit(ALICE, 0, "loser", RosterDelta.NONE, 8));
        assertThat(all.missed()).extracting(LogEntry::position).containsExactly(9L, 10L, 11L);
        assertThat(all.missedAll()).isTrue();
        var part = stage.refuse(commit(ALICE, 0, "loser", RosterDelta.NONE, 1));
        assertThat(part.missed()).extracting(LogEntry::position).containsExactly(2L, 3L, 4L, 5L);
        assertThat(part.missedAll()).isFalse();
        assertThat(part.tail().orElseThrow().position()).isEqualTo(11);
    }

    /// Found by simulation: another node removed the author between the decision and the read.
    @Test
    @DisplayName("I9: a page read for a refusal ends at the last entry of known visibility")
    void readForARefusalEndsAtTheStateItWasDecidedOn() {
        stage.accept(creation(GROUP, ALICE));
        stage.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        for (int i = 0; i < 6; i++) {
            stage.accept(application(ALICE, 1, "m" + i));
        }
        stage.accept(commit(ALICE, 1, "winner"));
        var meanwhile =
                Mono.fromRunnable(() -> {
                    append(commit(ALICE, 2, "remove", removing(BOB), 0));
                    append(application(ALICE, 3, "not for Bob"));
                });
        stage.log.onRead = real -> meanwhile.then(real);

        var refused = stage.refuse(commit(BOB, 1, "loser", RosterDelta.NONE, 6));

        assertThat(refused.missed()).extracting(LogEntry::position).containsExactly(7L, 8L);
        assertThat(refused.tail().orElseThrow().position()).isEqualTo(8);
    }

    /// Appends as another node would, immediately.
    private void append(Submission submission) {
        var limits = OrderingLimits.DEFAULT.memory();
        var state =
                GroupState.of(GROUP, ActorHarness.now(stage.store.load(GROUP, 100)), limits)
                        .orElseThrow();
        var draft = BatchDecision.of(state, List.of(KeyedSubmission.of(submission)), 0);
        stage.store.append(GROUP, state.logPosition(), draft.entries()).block();
    }

    @Test
    void missedEntriesThatCannotBeReadAreLeftOut() {
        stage.accept(creation(GROUP, ALICE));
        for (int i = 0; i < 10; i++) {
            stage.accept(application(ALICE, 0, "m" + i));
        }
        stage.accept(commit(ALICE, 0, "winner"));
        stage.log.onRead = _ -> DisturbedLog.unavailable();

        var refused = stage.refuse(commit(ALICE, 0, "loser", RosterDelta.NONE, 1));

        assertThat(refused.code()).isEqualTo(Code.EPOCH_CONFLICT);
        assertThat(refused.missed()).isEmpty();
        assertThat(refused.missedAll()).isFalse();
    }

    @Test
    void unknownGroupLeavesNoActorBehind() {
        for (int i = 0; i < 500; i++) {
            var nowhere = new GroupId(bytes("nowhere " + i));
            assertThat(stage.refuse(application(nowhere, ALICE, 0, bytes("m"))).code())
                    .isEqualTo(Code.UNKNOWN_GROUP);
        }
        assertThat(stage.actors.actors()).isZero();
    }

    @Test
    void idleGroupIsRemovedAndLoadedAgain() {
        stage.accept(creation(GROUP, ALICE));
        stage.accept(commit(ALICE, 0, "c"));
        assertThat(stage.actors.actors()).isEqualTo(1);

        stage.pass(Duration.ofSeconds(50));
        assertThat(stage.actors.actors()).isEqualTo(1);
        stage.pass(Duration.ofSeconds(20));
        assertThat(stage.actors.actors()).isZero();

        assertThat(stage.accept(application(ALICE, 1, "back")).logPosition().position())
                .isEqualTo(2);
        assertThat(stage.accept(commit(ALICE, 0, "c")).repeat()).isTrue();
    }

    /// `retention` was accepted but had no effect: logs grew for ever.
    @Test
    @DisplayName("I8: entries that a group's policy no longer keeps are trimmed")
    void entriesOlderThanTheRetentionAreTrimmed() {
        var brief = GroupRules.DEFAULT.withRetention(Duration.ofSeconds(30));
        stage.accept(new Submission.CreateSubmission(GROUP, ALICE, 0, brief, Bytes.EMPTY));
        for (int i = 0; i < 5; i++) {
            stage.accept(application(ALICE, 0, "old " + i));
        }
        assertThat(stage.tail().firstRetained()).isEqualTo(1);

        stage.pass(Duration.ofSeconds(100));

        assertThat(stage.tail().firstRetained()).isEqualTo(5);
        assertThat(stage.accept(application(ALICE, 0, "new")).logPosition().position())
                .isEqualTo(6);
    }

    // PROTOCOL R-CREATE-7
    @Test
    @DisplayName("I8: entries before the bytes that a group's policy keeps are trimmed")
    void entriesBeforeTheBytesOfThePolicyAreTrimmed() {
        long bytes = bytes("m0").size();
        var small = GroupRules.DEFAULT.withRetentionBytes(2 * bytes);
        stage.accept(new Submission.CreateSubmission(GROUP, ALICE, 0, small, Bytes.EMPTY));
        for (int i = 0; i < 5; i++) {
            stage.accept(application(ALICE, 0, "m" + i));
        }
        assertThat(stage.tail().firstRetained()).isEqualTo(1);

        stage.pass(Duration.ofSeconds(100));

        assertThat(stage.tail().firstRetained()).isEqualTo(4);
        assertThat(stage.accept(application(ALICE, 0, "m5")).logPosition().position()).isEqualTo(6);
    }

    @Test
    void noMoreGroupsThanTheLimitAreHeldAndIdleOnesMakeRoom() {
        var few = new ActorHarness(ActorHarness.limits(64, 64, 10));
        for (int i = 0; i < 10; i++) {
            few.submit(creation(new GroupId(bytes("g" + i)), ALICE));
        }
        few.pass(Duration.ofMillis(1));
        var eleventh = creation(new GroupId(bytes("eleventh")), ALICE);
        assertThat(few.actors.actors()).isEqualTo(10);
        assertThat(codes(few.submit(eleventh))).containsExactly(Code.OVERLOADED);

        few.pass(Duration.ofSeconds(2));

        few.accept(eleventh);
    }

    @Test
    void appendsOfOtherNodesAreFollowed() {
        var other = stage.node(stage.store, ActorHarness.LIMITS, new SimpleMeterRegistry());
        stage.accept(creation(GROUP, ALICE));
        for (int i = 0; i < 200; i++) {
            stage.ask(other, application(ALICE, 0, "other " + i));
        }
        stage.ask(other, commit(ALICE, 0, "other's", adding(BOB), 0));

        assertThat(stage.accept(application(BOB, 1, "here")).logPosition().position())
                .isEqualTo(202);
    }

    @Test
    @DisplayName("I9: a refusal is confirmed against the log's tail")
    void refusalIsConfirmedFirst() {
        var other = stage.node(stage.store, ActorHarness.LIMITS, new SimpleMeterRegistry());
        stage.accept(creation(GROUP, ALICE));
        stage.ask(other, commit(ALICE, 0, "add", adding(BOB), 0));

        assertThat(stage.accept(ephemeral(BOB, 1, "I am a member, in an epoch new to this node")))
                .isNotNull();
    }

    @Test
    @DisplayName(
            "I9: a member removed through another node cannot even send ephemeral messages here")
    void removalIsHeardOfBeforeAnythingIsRelayed() {
        var shown = new ArrayList<LogNotice>();
        var other = stage.node(stage.store, ActorHarness.LIMITS, new SimpleMeterRegistry());
        stage.accept(creation(GROUP, ALICE));
        stage.accept(commit(ALICE, 0, "add", adding(BOB), 0));
        stage.ask(other, commit(ALICE, 1, "remove", removing(BOB), 0));
        stage.store.follow(GROUP).subscribe(shown::add);

        assertThat(stage.refuse(ephemeral(BOB, 2, "still here?")).code()).isEqualTo(Code.REMOVED);
        assertThat(shown).noneMatch(n -> n instanceof LogNotice.EphemeralMessage);
    }

    @Test
    void ephemeralMessagesAreRelayedInOrderAndNotStored() {
        var shown = new ArrayList<LogNotice>();
        stage.accept(creation(GROUP, ALICE));
        stage.store.follow(GROUP).subscribe(shown::add);

        var answers =
                stage.submit(
                        ephemeral(ALICE, 0, "one"),
                        ephemeral(ALICE, 0, "two"),
                        ephemeral(CAROL, 0, "outsider"));
        stage.settle();

        assertThat(answers.subList(0, 2))
                .allSatisfy(a ->
                        assertThat(((SubmissionAnswer.AcceptedAnswer) a).logPosition().position())
                                .isZero());
        assertThat(codes(answers.subList(2, 3))).containsExactly(Code.NOT_A_MEMBER);
        assertThat(shown)
                .filteredOn(n -> n instanceof LogNotice.EphemeralMessage)
                .extracting(n -> ((LogNotice.EphemeralMessage) n).message())
                .containsExactly(bytes("one"), bytes("two"));
        assertThat(stage.tail().position()).isZero();
    }

    @Test
    @DisplayName("I4: a resend older than memory is answered from the log, exactly")
    void resendBeyondMemory() {
        stage.accept(creation(GROUP, ALICE));
        var first = stage.accept(application(ALICE, 0, "first"));
        for (int i = 0; i < 300; i++) {
            stage.accept(application(ALICE, 0, "m" + i));
        }

        var again = stage.accept(application(ALICE, 0, "first"));

        assertThat(again)
                .isEqualTo(
                        new SubmissionAnswer.AcceptedAnswer(
                                first.logPosition(), first.epoch(), true));
        assertThat(stage.tail().position()).isEqualTo(301);
    }

    @Test
    @DisplayName("I4: the same bytes many times in one batch are appended once")
    void sameBytesInOneBatch() {
        stage.accept(creation(GROUP, ALICE));
        var gate = stage.log.holdAppends();
        stage.submit(application(ALICE, 0, "first"));
        stage.settle();
        var submissions = new ArrayList<Submission>();
        for (int i = 0; i < 60; i++) {
            submissions.add(application(ALICE, 0, "m" + i % 20));
        }
        var answers = stage.submit(submissions.toArray(Submission[]::new));
        gate.tryEmitEmpty();
        stage.settle();

        assertThat(answers).hasSize(60);
        for (int i = 0; i < 60; i++) {
            var accepted = (SubmissionAnswer.AcceptedAnswer) answers.get(i);
            assertThat(accepted.logPosition().position()).isEqualTo(2 + i % 20);
            assertThat(accepted.repeat()).isEqualTo(i >= 20);
        }
        assertThat(stage.tail().position()).isEqualTo(21);
    }

    @Test
    void groupBeyondMemoryLooksUpWholeBatchesNotMessages() {
        stage.accept(creation(GROUP, ALICE));
        for (int i = 0; i < 300; i++) {
            stage.accept(application(ALICE, 0, "m" + i));
        }
        double before = stage.lookups();
        var batch =
                IntStream.range(0, 50)
                        .mapToObj(i -> application(ALICE, 0, "n" + i))
                        .toArray(Submission[]::new);
        stage.log.appends.clear();
        stage.submit(batch);
        stage.settle();

        assertThat(stage.log.appends).as("one append").containsExactly(50);
        assertThat(stage.lookups() - before).isEqualTo(50);
    }

    @Test
    void epochThatBeganInMemoryCostsNoLookup() {
        stage.accept(creation(GROUP, ALICE));
        for (int i = 0; i < 300; i++) {
            stage.accept(application(ALICE, 0, "m" + i));
        }
        stage.accept(commit(ALICE, 0, "c"));
        double before = stage.lookups();

        stage.accept(application(ALICE, 1, "n"));

        assertThat(stage.lookups()).isEqualTo(before);
    }

    @Test
    void receiverThatFailsDoesNotAffectOthers() {
        stage.accept(creation(GROUP, ALICE));
        stage.actors
                .submit(application(ALICE, 0, "one"))
                .subscribe(
                        _ -> {
                            throw new IllegalStateException("a receiver's fault");
                        },
                        _ -> {});
        var rest = stage.submit(application(ALICE, 0, "two"));
        stage.settle();

        assertThat(rest).hasSize(1).allMatch(a -> a instanceof SubmissionAnswer.AcceptedAnswer);
        assertThat(stage.alarms("bug")).isZero();
    }

    @Test
    void closeAnswersAcceptedSubmissionsAndAcceptsNoMore() {
        stage.accept(creation(GROUP, ALICE));
        var gate = stage.log.holdAppends();
        var taken = stage.submit(applications(20));
        stage.settle();
        var closed = new ArrayList<String>();

        stage.actors.close().subscribe(_ -> {}, _ -> {}, () -> closed.add("closed"));
        assertThat(codes(stage.submit(application(ALICE, 0, "late"))))
                .containsExactly(Code.UNAVAILABLE);
        assertThat(closed).isEmpty();

        gate.tryEmitEmpty();
        stage.settle();
        assertThat(taken).hasSize(20).allMatch(a -> a instanceof SubmissionAnswer.AcceptedAnswer);
        assertThat(closed).hasSize(1);
    }

    @Test
    void closeOfAnIdleNodeCompletesAtOnce() {
        var closed = new ArrayList<String>();
        stage.actors.close().subscribe(_ -> {}, _ -> {}, () -> closed.add("closed"));
        assertThat(closed).hasSize(1);
    }
}
