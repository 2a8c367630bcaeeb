package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.bytes;
import static io.lockstep.ordering.actor.TestAuthors.commit;
import static io.lockstep.ordering.actor.TestAuthors.creation;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupTail;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Tests of an actor whose log does not answer, or gives impossible answers.
class LogFailureTest {
    private final ActorHarness stage = new ActorHarness();

    @BeforeEach
    void aGroup() {
        stage.accept(creation(GROUP, ALICE));
        stage.accept(application(ALICE, 0, "m1"));
        stage.accept(application(ALICE, 0, "m2"));
    }

    private static Code code(SubmissionAnswer answer) {
        return ((SubmissionAnswer.RefusedAnswer) answer).code();
    }

    // Unknown outcomes.

    @Test
    @DisplayName("I3, I4: an append whose reply was lost is found in the log and accepted, once")
    void lostReplyIsResolvedByReading() {
        stage.log.onAppend = DisturbedLog::losingTheReply;
        var answers = stage.submit(application(ALICE, 0, "m3"), commit(ALICE, 0, "c"));
        stage.pass(Duration.ofSeconds(1));

        assertThat(answers)
                .extracting(a -> ((SubmissionAnswer.AcceptedAnswer) a).logPosition().position())
                .containsExactly(3L, 4L);
        assertThat(answers)
                .as("accepted now, not before")
                .noneMatch(a -> ((SubmissionAnswer.AcceptedAnswer) a).repeat());
        assertThat(stage.tail().position()).isEqualTo(4);
    }

    @Test
    void lostRequestIsSentAgain() {
        var left = new ArrayList<>(List.of(1, 2, 3));
        stage.log.onAppend =
                real ->
                        left.isEmpty()
                                ? real
                                : Mono.defer(() -> {
                                    left.removeLast();
                                    return DisturbedLog.unavailable();
                                });
        var answers = stage.submit(application(ALICE, 0, "m3"));
        stage.pass(Duration.ofSeconds(3));

        assertThat(answers).hasSize(1).allMatch(a -> a instanceof SubmissionAnswer.AcceptedAnswer);
    }

    @Test
    @DisplayName(
            "I3: neither acknowledged nor refused while the outcome is unknown; then reported"
                    + " as unknown")
    void unreachableLog() {
        stage.log.cut();
        var tried = stage.submit(application(ALICE, 0, "tried"));
        stage.pass(Duration.ofSeconds(1));
        var waiting = stage.submit(application(ALICE, 0, "waiting"));
        assertThat(tried).isEmpty();
        assertThat(waiting).isEmpty();

        stage.pass(Duration.ofSeconds(10));

        assertThat(tried).extracting(LogFailureTest::code).containsExactly(Code.OUTCOME_UNKNOWN);
        assertThat(waiting).extracting(LogFailureTest::code).containsExactly(Code.UNAVAILABLE);
        assertThat(stage.alarms("unreachable")).isEqualTo(1);

        stage.log.mend();
        assertThat(stage.accept(application(ALICE, 0, "waiting")).logPosition().position())
                .isEqualTo(3);
    }

    /// A client that lost its connection sends again while the outcome of its first try is unknown.
    /// It used to be told that nothing was appended, although the first try might have been.
    @Test
    @DisplayName("I3: bytes whose append is of unknown outcome are not refused as a resend")
    void sameBytesSentAgainMeanwhileAreOfUnknownOutcomeToo() {
        stage.log.cut();
        var first = stage.submit(commit(ALICE, 0, "c"));
        stage.pass(Duration.ofSeconds(1));
        var again = stage.submit(commit(ALICE, 0, "c"), application(ALICE, 0, "other"));
        stage.pass(Duration.ofSeconds(10));

        assertThat(first).extracting(LogFailureTest::code).containsExactly(Code.OUTCOME_UNKNOWN);
        assertThat(again)
                .extracting(LogFailureTest::code)
                .containsExactly(Code.OUTCOME_UNKNOWN, Code.UNAVAILABLE);
    }

    /// The append was executed, its reply was lost, and then the store was restored from an older
    /// copy. The entry may be back after a repair, but the submission used to be refused for good.
    @Test
    @DisplayName("I3: neither a group that freezes nor one that vanishes refuses what it may hold")
    void unknownOutcomeStaysUnknownInAGroupThatFreezes() {
        var older = storeAsOf(1);
        stage.log.onAppend =
                real -> {
                    useInstead(older);
                    return DisturbedLog.losingTheReply(real);
                };
        var answers = stage.submit(commit(ALICE, 0, "c"));
        stage.pass(Duration.ofSeconds(1));
        assertThat(answers).extracting(LogFailureTest::code).containsExactly(Code.OUTCOME_UNKNOWN);
        assertThat(stage.alarms("frozen")).isEqualTo(1);

        stage.log.mend();
        stage.pass(Duration.ofSeconds(4));
        assertThat(stage.accept(commit(ALICE, 0, "c")).repeat()).isTrue();

        stage.log.onAppend =
                real -> {
                    stage.log.onRead = _ -> Mono.just(new ReadOutcome.LogMissing());
                    return DisturbedLog.losingTheReply(real);
                };
        answers = stage.submit(commit(ALICE, 1, "d"));
        stage.pass(Duration.ofSeconds(1));
        assertThat(answers).extracting(LogFailureTest::code).containsExactly(Code.OUTCOME_UNKNOWN);
        assertThat(stage.alarms("vanished")).isEqualTo(1);
    }

    @Test
    void silentLogIsAlsoGivenUp() {
        stage.log.onAppend = _ -> Mono.never();
        stage.log.onRead = _ -> Mono.never();
        var tried = stage.submit(application(ALICE, 0, "tried"));
        stage.pass(Duration.ofSeconds(20));

        assertThat(tried).extracting(LogFailureTest::code).containsExactly(Code.OUTCOME_UNKNOWN);
        stage.log.mend();
        stage.accept(application(ALICE, 0, "again"));
    }

    @Test
    void groupThatCannotBeReadIsUnavailable() {
        stage.pass(Duration.ofSeconds(70));
        assertThat(stage.actors.actors()).isZero();
        stage.log.cut();
        var answers = stage.submit(application(ALICE, 0, "m3"));
        stage.pass(Duration.ofSeconds(10));

        assertThat(answers).extracting(LogFailureTest::code).containsExactly(Code.UNAVAILABLE);
        assertThat(stage.actors.actors()).isZero();
    }

    @Test
    void refusalIsNotGivenWhileItCannotBeConfirmed() {
        stage.log.onTail = _ -> DisturbedLog.unavailable();
        var answers = stage.submit(application(BOB, 0, "outsider"));
        stage.pass(Duration.ofSeconds(2));
        assertThat(answers).isEmpty();

        stage.log.mend();
        stage.pass(Duration.ofSeconds(2));
        assertThat(answers).extracting(LogFailureTest::code).containsExactly(Code.NOT_A_MEMBER);
    }

    @Test
    @DisplayName(
            "I4: a create whose reply was lost is its author's first, not a repeat or a collision")
    void createWithLostReply() {
        var group = new GroupId(bytes("another"));
        stage.log.onCreate =
                real -> {
                    stage.log.onCreate = UnaryOperator.identity();
                    return DisturbedLog.losingTheReply(real);
                };
        var answers = stage.submit(creation(group, ALICE));
        stage.pass(Duration.ofSeconds(1));

        assertThat(answers).hasSize(1);
        assertThat(((SubmissionAnswer.AcceptedAnswer) answers.getFirst()).repeat()).isFalse();
    }

    @Test
    void createThatCannotBeResolvedIsOfUnknownOutcome() {
        stage.log.cut();
        var answers = stage.submit(creation(new GroupId(bytes("another")), ALICE));
        stage.pass(Duration.ofSeconds(10));

        assertThat(answers).extracting(LogFailureTest::code).containsExactly(Code.OUTCOME_UNKNOWN);
    }

    // The tripwire.

    /// The store as it was some entries ago, under the same incarnation.
    private MemoryGroupLog storeAsOf(int position) {
        var snapshot = ActorHarness.now(stage.store.load(GROUP, 100));
        var incarnation = snapshot.tail().last().incarnation();
        var older = new MemoryGroupLog();
        older.create(
                        GROUP,
                        new NewGroup(
                                incarnation,
                                0,
                                snapshot.policy(),
                                ALICE.member(),
                                ALICE.owner(),
                                Bytes.EMPTY))
                .block();
        for (var entry : snapshot.recent().subList(0, position)) {
            var last = ActorHarness.now(older.tail(GROUP)).last();
            older.append(GROUP, last, List.of(NewEntry.of(entry))).block();
        }
        return older;
    }

    private void useInstead(MemoryGroupLog store) {
        stage.log.onAppend =
                _ -> Mono.defer(() -> store.tail(GROUP).map(AppendOutcome.Diverged::new));
        stage.log.onRead = _ -> store.read(GROUP, 1, 1, 1);
        stage.log.onTail = _ -> store.tail(GROUP);
        stage.log.onLoad = _ -> store.load(GROUP, 4);
    }

    // PROTOCOL R-FROZEN-2
    @Test
    @DisplayName("I3: a store that went backwards freezes the group, until it agrees again")
    void storeThatWentBack() {
        useInstead(storeAsOf(1));

        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.alarms("frozen")).isEqualTo(1);
        stage.pass(Duration.ofSeconds(4));
        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.GROUP_FROZEN);
        stage.pass(Duration.ofMinutes(5));
        assertThat(stage.actors.actors()).as("its evidence is kept").isEqualTo(1);

        stage.log.mend();
        assertThat(stage.accept(application(ALICE, 0, "m3")).logPosition().position()).isEqualTo(3);
        stage.pass(Duration.ofMinutes(5));
        assertThat(stage.actors.actors()).isZero();
    }

    @Test
    void frozenGroupIsNotComparedAtEverySubmission() {
        useInstead(storeAsOf(1));
        stage.refuse(application(ALICE, 0, "m3"));
        stage.log.mend();

        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.refuse(creation(GROUP, ALICE)).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.actors.frozenGroups()).isEqualTo(1);
        stage.pass(Duration.ofSeconds(3));
        stage.accept(application(ALICE, 0, "m3"));
        assertThat(stage.actors.frozenGroups()).isZero();
    }

    @Test
    void tailThatWentBackFreezesWithoutAnyAppend() {
        useInstead(storeAsOf(0));

        assertThat(stage.refuse(application(BOB, 0, "outsider")).code())
                .isEqualTo(Code.GROUP_FROZEN);
    }

    @Test
    @DisplayName("I2: entries that do not continue what was seen freeze the group")
    void entriesThatDoNotContinue() {
        var tail = stage.tail();
        var head = bytes("another history").sha256();
        var foreign =
                new LogEntry(
                        3,
                        EntryKind.APPLICATION,
                        0,
                        0,
                        bytes("foreign"),
                        bytes("foreign").sha256(),
                        head,
                        RosterDelta.NONE);
        stage.log.onAppend =
                _ ->
                        Mono.just(
                                new AppendOutcome.TailMismatch(
                                        new GroupTail(
                                                new LogPosition(tail.last().incarnation(), 3, head),
                                                0,
                                                1),
                                        List.of(foreign)));

        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.alarms("frozen")).isEqualTo(1);
    }

    @Test
    void snapshotThatContradictsItselfFreezes() {
        stage.pass(Duration.ofSeconds(70));
        stage.log.onLoad =
                real ->
                        real.map(s ->
                                new GroupSnapshot(
                                        s.tail(),
                                        s.policy(),
                                        s.recent().subList(0, 1),
                                        s.proposals()));

        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.actors.frozenGroups()).isEqualTo(1);
        stage.log.mend();
        stage.pass(Duration.ofSeconds(4));
        stage.accept(application(ALICE, 0, "m3"));
        assertThat(stage.actors.frozenGroups()).isZero();
    }

    @Test
    void aFrozenGroupThatIsRemovedIsNoLongerCounted() {
        stage.pass(Duration.ofSeconds(70));
        stage.log.onLoad =
                real ->
                        real.map(s ->
                                new GroupSnapshot(
                                        s.tail(),
                                        s.policy(),
                                        s.recent().subList(0, 1),
                                        s.proposals()));
        stage.refuse(application(ALICE, 0, "m3"));
        assertThat(stage.actors.frozenGroups()).isEqualTo(1);
        stage.pass(Duration.ofMinutes(5));
        assertThat(stage.actors.actors()).isZero();
        assertThat(stage.actors.frozenGroups()).isZero();
    }

    @Test
    void otherIncarnationFoundByCreateFreezes() {
        stage.log.onCreate =
                _ ->
                        Mono.just(
                                new CreateOutcome.Existed(
                                        new GroupTail(
                                                new LogPosition(
                                                        Bytes.ofHex("ff".repeat(16)),
                                                        9,
                                                        bytes("x").sha256()),
                                                0,
                                                1),
                                        ALICE.member()));

        assertThat(stage.refuse(creation(GROUP, ALICE)).code()).isEqualTo(Code.GROUP_FROZEN);
    }

    @Test
    @DisplayName("I3: a store without a group that was seen has lost history: frozen, not unknown")
    void groupThatVanishedIsFrozenAndAnAlarm() {
        emptyTheStore();

        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.alarms("vanished")).isEqualTo(1);
        stage.pass(Duration.ofSeconds(4));
        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.alarms("vanished")).as("one alarm for one loss").isEqualTo(1);
        stage.pass(Duration.ofMinutes(5));
        assertThat(stage.actors.actors()).as("its evidence is kept").isEqualTo(1);

        stage.log.mend();
        stage.accept(application(ALICE, 0, "m3"));
    }

    // PROTOCOL R-FROZEN-2
    /// After FLUSHALL any client could create the group again and own it.
    @Test
    @DisplayName("I3: a group that this node remembers is not made again under another incarnation")
    void groupThatVanishedIsNotCreatedAgainByAStranger() {
        emptyTheStore();

        assertThat(stage.refuse(creation(GROUP, BOB)).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.log.creates).as("the first alone").isEqualTo(1);
        stage.log.mend();
        stage.pass(Duration.ofSeconds(4));
        assertThat(stage.refuse(creation(GROUP, BOB)).code()).isEqualTo(Code.GROUP_EXISTS);
    }

    @Test
    @DisplayName("I3: a group is remembered after its actor was removed")
    void groupThatVanishedIsRememberedWithoutAnActor() {
        stage.pass(Duration.ofSeconds(70));
        assertThat(stage.actors.actors()).isZero();
        emptyTheStore();

        assertThat(stage.refuse(creation(GROUP, BOB)).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.GROUP_FROZEN);
        assertThat(stage.log.creates).as("the first alone").isEqualTo(1);
        assertThat(stage.alarms("vanished")).isEqualTo(1);

        stage.log.mend();
        stage.pass(Duration.ofSeconds(4));
        stage.accept(application(ALICE, 0, "m3"));
    }

    @Test
    @DisplayName("I3: another incarnation of a group that is remembered freezes it")
    void groupThatWasCreatedAgainInTheStoreIsAnotherHistory() {
        stage.pass(Duration.ofSeconds(70));
        var anew = new MemoryGroupLog();
        anew.create(
                        GROUP,
                        new NewGroup(
                                Bytes.ofHex("ee".repeat(16)),
                                0,
                                ActorHarness.now(stage.store.policy(GROUP)).orElseThrow(),
                                BOB.member(),
                                BOB.owner(),
                                Bytes.EMPTY))
                .block();
        stage.log.onLoad = _ -> anew.load(GROUP, 4);
        stage.log.onTail = _ -> anew.tail(GROUP);

        assertThat(stage.refuse(application(BOB, 0, "m1")).code()).isEqualTo(Code.GROUP_FROZEN);
    }

    private void emptyTheStore() {
        stage.log.onAppend = _ -> Mono.just(new AppendOutcome.GroupMissing());
        stage.log.onRead = _ -> Mono.just(new ReadOutcome.LogMissing());
        stage.log.onLoad = _ -> Mono.empty();
        stage.log.onTail = _ -> Mono.empty();
    }

    @Test
    void trimmedLogIsReadAgain() {
        // Two appends by another node, of which the first is no longer retained.
        stage.log.onRead = real -> real.map(_ -> new ReadOutcome.Trimmed(stage.tail()));
        var other = stage.node(stage.store, ActorHarness.LIMITS, new SimpleMeterRegistry());
        stage.ask(other, application(ALICE, 0, "other 1"));
        stage.ask(other, application(ALICE, 0, "other 2"));
        stage.log.onAppend =
                real -> {
                    stage.log.onAppend = UnaryOperator.identity();
                    return real.map(_ -> new AppendOutcome.TailMismatch(stage.tail(), List.of()));
                };

        assertThat(stage.accept(application(ALICE, 0, "m5")).logPosition().position()).isEqualTo(5);
    }

    // Faults of the server.

    @Test
    void unexpectedErrorIsAnsweredAndTheGroupReadAgain() {
        stage.log.onAppend = _ -> Mono.error(new IllegalStateException("a bug"));
        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.INTERNAL);
        assertThat(stage.alarms("bug")).isEqualTo(1);

        stage.log.onAppend =
                _ -> {
                    throw new IllegalStateException("a bug, at once");
                };
        assertThat(stage.refuse(application(ALICE, 0, "m3")).code()).isEqualTo(Code.INTERNAL);

        stage.log.mend();
        stage.accept(application(ALICE, 0, "m3"));
    }

    /// The time limits used the wall clock: when it was set back, no submission was answered until
    /// it had caught up.
    @Test
    void clockThatIsSetBackDelaysNoAnswer() {
        stage.log.onAppend = _ -> Mono.never();
        stage.log.onRead = _ -> Mono.never();
        stage.log.onTail = _ -> Mono.never();
        var tried = stage.submit(application(ALICE, 0, "tried"));
        stage.pass(Duration.ofSeconds(1));
        var waiting = stage.submit(application(BOB, 0, "waiting"));
        stage.time.setWallClock(Duration.ofHours(-1));
        stage.pass(ActorHarness.LIMITS.answerMax());

        assertThat(tried).extracting(LogFailureTest::code).containsExactly(Code.OUTCOME_UNKNOWN);
        assertThat(waiting).extracting(LogFailureTest::code).containsExactly(Code.UNAVAILABLE);
    }

    // PROTOCOL R-SUB-3
    /// A store that answers each call just in time, and each time that another node appended first.
    @Test
    void submissionThatAlwaysLosesIsRefusedInTime() {
        stage.log.onAppend =
                _ ->
                        Mono.delay(Duration.ofMillis(400), stage.time.new Node())
                                .flatMap(_ -> elsewhere());
        var answers = stage.submit(application(ALICE, 0, "m3"));
        stage.pass(Duration.ofSeconds(9));
        assertThat(answers).isEmpty();
        stage.pass(Duration.ofSeconds(2));

        assertThat(answers).extracting(LogFailureTest::code).containsExactly(Code.OVERLOADED);
        stage.log.mend();
        assertThat(stage.accept(application(ALICE, 0, "m3")).repeat()).isFalse();
    }

    /// Another node appends one entry.
    private Mono<AppendOutcome> elsewhere() {
        return Mono.defer(() -> {
            var before = stage.tail();
            var text = bytes("of another node " + before.position());
            var position = before.position() + 1;
            var sha256 = text.sha256();
            var head =
                    GroupHead.next(
                            before.last().head(), GROUP, position, EntryKind.APPLICATION, sha256);
            var entry =
                    new LogEntry(
                            position,
                            EntryKind.APPLICATION,
                            0,
                            0,
                            text,
                            sha256,
                            head,
                            RosterDelta.NONE);
            return stage.store
                    .append(GROUP, before.last(), List.of(NewEntry.of(entry)))
                    .map(_ -> new AppendOutcome.TailMismatch(stage.tail(), List.of(entry)));
        });
    }

    @Test
    void futureEpochIsCountedAsAnAlarm() {
        assertThat(stage.refuse(commit(ALICE, 7, "c")).code())
                .isEqualTo(Code.EPOCH_FROM_THE_FUTURE);
        assertThat(stage.alarms("future_epoch")).isEqualTo(1);
    }
}
