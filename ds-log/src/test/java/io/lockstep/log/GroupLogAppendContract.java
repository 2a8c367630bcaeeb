package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Part of [GroupLogContract]: creating and appending.
public interface GroupLogAppendContract {
    /// The log under test; the same for the whole of one test.
    GroupLog log();

    @Test
    default void aNewGroupIsEmptyAtTheHeadOfItsIncarnation() {
        var writer = GroupWriter.create(log());

        assertThat(log().tail(writer.group()).block(GroupWriter.PATIENCE))
                .isEqualTo(new GroupTail(writer.logPosition(), 0, 1));
        assertThat(writer.logPosition().head())
                .isEqualTo(GroupHead.first(writer.group(), writer.logPosition().incarnation()));
    }

    @Test
    default void aGroupIsCreatedOnceAndTheSecondLearnsItsCreator() {
        var group = GroupWriter.freshGroup();
        var first = GroupWriter.newGroup(group, GroupRules.DEFAULT);
        var second =
                new NewGroup(
                        Bytes.ofHex("ff").sha256().slice(0, 16),
                        7,
                        GroupRules.DEFAULT,
                        GroupWriter.member("other"),
                        GroupWriter.owner("other"),
                        Bytes.EMPTY);

        var created = log().create(group, first).blockOptional(GroupWriter.PATIENCE).orElseThrow();
        var existed = log().create(group, second).block(GroupWriter.PATIENCE);

        assertThat(created).isInstanceOf(CreateOutcome.Created.class);
        assertThat(existed)
                .isEqualTo(
                        new CreateOutcome.Existed(created.tail(), GroupWriter.member("creator")));
    }

    @Test
    default void aGroupMayBeCreatedInALaterEpochWithItsGroupInfo() {
        var group = GroupWriter.freshGroup();
        var info = GroupWriter.text("info");
        var policy =
                GroupRules.DEFAULT
                        .withPastEpochs(3)
                        .withExternalJoin(GroupRules.ExternalJoinRule.OPEN)
                        .withRetention(Duration.ofHours(1))
                        .withRetentionBytes(1 << 20);
        log().create(
                        group,
                        new NewGroup(
                                Bytes.ofHex("ff").sha256().slice(0, 16),
                                41,
                                policy,
                                GroupWriter.member("creator"),
                                GroupWriter.owner("creator"),
                                info))
                .block(GroupWriter.PATIENCE);

        assertThat(log().groupInfo(group).block(GroupWriter.PATIENCE))
                .contains(new StoredGroupInfo(41, info));
        assertThat(log().policy(group).block(GroupWriter.PATIENCE)).contains(policy);
        assertThat(
                        log().membership(group, GroupWriter.member("creator"))
                                .block(GroupWriter.PATIENCE))
                .contains(new Membership(GroupWriter.owner("creator"), 1, Membership.OPEN));
    }

    @Test
    default void anUnknownGroupIsMissingInEveryCall() {
        var group = GroupWriter.freshGroup();
        var stray = GroupWriter.create(log());
        var entry = stray.application("stray");

        assertThat(log().append(group, origin(stray), List.of(entry)).block(GroupWriter.PATIENCE))
                .isEqualTo(new AppendOutcome.GroupMissing());
        assertThat(log().read(group, 0, 10, 1000).block(GroupWriter.PATIENCE))
                .isEqualTo(new ReadOutcome.LogMissing());
        assertThat(log().tail(group).block(GroupWriter.PATIENCE)).isNull();
        assertThat(log().load(group, 10).block(GroupWriter.PATIENCE)).isNull();
        assertThat(log().policy(group).block(GroupWriter.PATIENCE)).isEmpty();
        assertThat(log().groupInfo(group).block(GroupWriter.PATIENCE)).isEmpty();
        assertThat(log().membership(group, GroupWriter.member("x")).block(GroupWriter.PATIENCE))
                .isEmpty();
        assertThat(log().hasDeviceOf(group, GroupWriter.owner("x")).block(GroupWriter.PATIENCE))
                .isFalse();
        assertThat(log().pendingWelcomes(group).block(GroupWriter.PATIENCE)).isEmpty();
        assertThat(log().follow(group).collectList().block(GroupWriter.PATIENCE)).isEmpty();
    }

    @Test
    @DisplayName("I2: positions are dense and every entry reads back as it was appended")
    default void entriesReadBackDenselyAsAppended() {
        var writer = GroupWriter.create(log());
        var batch =
                List.of(
                        writer.application("one"),
                        writer.proposal("two"),
                        writer.commit("three"),
                        writer.application(0, "four"),
                        writer.application(1, "five"));

        var outcome = writer.append(batch);

        var tail = new GroupTail(writer.logPosition(), 1, 1);
        assertThat(outcome).isEqualTo(new AppendOutcome.Succeeded(tail));
        assertThat(log().read(writer.group(), 0, 100, 100_000).block(GroupWriter.PATIENCE))
                .isEqualTo(
                        new ReadOutcome.Entries(
                                tail, batch.stream().map(NewEntry::entry).toList()));
        assertThat(batch)
                .extracting(added -> added.entry().position())
                .containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    @DisplayName("I1: a writer that is behind appends nothing and gets the missed entries")
    default void aWriterThatIsBehindAppendsNothingAndGetsTheMissedEntries() {
        var winner = GroupWriter.create(log());
        var loser = winner.twin(log());
        var won = winner.commit("winner");
        var after = winner.application("after");
        winner.append(won, after);

        var outcome = loser.append(loser.commit("loser"));

        assertThat(outcome)
                .isEqualTo(
                        new AppendOutcome.TailMismatch(
                                new GroupTail(winner.logPosition(), 1, 1),
                                List.of(won.entry(), after.entry())));
        assertThat(log().tail(winner.group()).map(GroupTail::last).block(GroupWriter.PATIENCE))
                .isEqualTo(winner.logPosition());
    }

    /// A writer that always won used not to know that others lost.
    @Test
    default void theNextAppendAfterALostOneReportsContentionOnce() {
        var winner = GroupWriter.create(log());
        var late = winner.twin(log());
        var lateWithCommit = winner.twin(log());
        winner.append(winner.application("first"));
        assertThat(late.append(late.application("late")))
                .isInstanceOf(AppendOutcome.TailMismatch.class);
        var next = winner.append(winner.application("second"));
        var afterThat = winner.append(winner.commit("third"));
        assertThat(lateWithCommit.append(lateWithCommit.commit("late, too")))
                .isInstanceOf(AppendOutcome.TailMismatch.class);
        var last = winner.append(winner.commit("fourth"));

        assertThat(List.of(next, afterThat, last))
                .extracting(outcome -> ((AppendOutcome.Succeeded) outcome).contended())
                .containsExactly(true, false, true);
    }

    @Test
    default void anotherHeadAtTheSamePositionHasDiverged() {
        var writer = GroupWriter.create(log());
        var other = writer.twin(log());
        writer.append(writer.application("history"));
        other.application("another history");

        assertThat(other.append(other.application("next")))
                .isInstanceOf(AppendOutcome.Diverged.class);
    }

    @Test
    default void anotherHeadAtAnEarlierPositionHasDiverged() {
        var writer = GroupWriter.create(log());
        var other = writer.twin(log());
        writer.append(writer.application("history"), writer.application("goes on"));
        other.application("another history");

        assertThat(other.append(other.application("next")))
                .isInstanceOf(AppendOutcome.Diverged.class);
    }

    @Test
    default void aLogThatEndsEarlierThanExpectedHasDiverged() {
        var writer = GroupWriter.create(log());
        writer.application("lost by the store");

        assertThat(writer.append(writer.application("next")))
                .isInstanceOf(AppendOutcome.Diverged.class);
    }

    @Test
    default void anotherIncarnationHasDiverged() {
        var writer = GroupWriter.create(log());
        var entry = writer.application("x");
        var origin = origin(writer);
        var other = new LogPosition(Bytes.ofHex("ff").sha256().slice(0, 16), 0, origin.head());

        assertThat(log().append(writer.group(), other, List.of(entry)).block(GroupWriter.PATIENCE))
                .isInstanceOf(AppendOutcome.Diverged.class);
    }

    @Test
    default void aBatchThatLeavesAHoleIsAnError() {
        var writer = GroupWriter.create(log());
        writer.application("left out");
        var entry = writer.application("second");

        assertThatThrownBy(() ->
                        log().append(writer.group(), origin(writer), List.of(entry))
                                .block(GroupWriter.PATIENCE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("I1: a commit for an epoch that is not the current one is an error")
    default void aCommitForAnotherEpochIsAnErrorAndAppendsNothing() {
        var writer = GroupWriter.create(log());
        writer.append(writer.commit("ends epoch 0"));
        var before = writer.logPosition();
        var good = writer.commit("ends epoch 1").entry();
        var late =
                new LogEntry(
                        good.position(),
                        good.kind(),
                        0,
                        good.acceptedAtMillis(),
                        good.message(),
                        good.sha256(),
                        good.head(),
                        good.rosterChange());

        assertThatThrownBy(() ->
                        log().append(writer.group(), before, List.of(NewEntry.of(late)))
                                .block(GroupWriter.PATIENCE))
                .isInstanceOf(IllegalStateException.class);
        assertThat(log().tail(writer.group()).map(GroupTail::last).block(GroupWriter.PATIENCE))
                .isEqualTo(before);
    }

    @Test
    @DisplayName("I1, I2: concurrent appends get dense positions and one commit per epoch")
    default void manyWhoAppendAtOnceGetDensePositionsAndOneCommitPerEpoch()
            throws InterruptedException, ExecutionException {
        int appenders = 8;
        int commitsEach = 10;
        var origin = GroupWriter.create(log());
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < appenders; i++) {
            var writer = origin.twin(log());
            var name = "appender " + i;
            tasks.add(() -> commitRepeatedly(writer, name, commitsEach));
        }

        try (var threads = Executors.newFixedThreadPool(appenders)) {
            for (var task : threads.invokeAll(tasks)) {
                assertThat(task.get()).isEqualTo(commitsEach);
            }
        }

        var read = log().read(origin.group(), 0, 10_000, 10_000_000).block(GroupWriter.PATIENCE);
        assertThat(read).isInstanceOf(ReadOutcome.Entries.class);
        var entries = ((ReadOutcome.Entries) Optional.ofNullable(read).orElseThrow()).entries();
        assertThat(entries).hasSize(2 * appenders * commitsEach);
        long epoch = 0;
        var head = origin.logPosition().head();
        for (int i = 0; i < entries.size(); i++) {
            var entry = entries.get(i);
            assertThat(entry.position()).isEqualTo(i + 1);
            assertThat(entry.epoch()).isEqualTo(epoch);
            head = GroupHead.next(head, origin.group(), i + 1, entry.kind(), entry.sha256());
            assertThat(entry.head()).isEqualTo(head);
            if (entry.kind() == EntryKind.COMMIT) {
                epoch++;
            }
        }
        assertThat(epoch).isEqualTo((long) appenders * commitsEach);
    }

    /// Appends a proposal and a commit in one batch until this many batches were accepted.
    private static int commitRepeatedly(GroupWriter writer, String name, int times) {
        int won = 0;
        while (won < times) {
            var batch =
                    List.of(
                            writer.proposal(name + " proposes " + won),
                            writer.commit(name + " " + won));
            switch (writer.append(batch)) {
                case AppendOutcome.Succeeded _ -> won++;
                case AppendOutcome.TailMismatch behind -> writer.moveTo(behind.tail());
                case AppendOutcome.BlobsMissing missing -> throw new AssertionError(missing);
                case AppendOutcome.RosterFull full -> throw new AssertionError(full);
                case AppendOutcome.LogFull full -> throw new AssertionError(full);
                case AppendOutcome.Diverged diverged -> throw new AssertionError(diverged);
                case AppendOutcome.GroupMissing missing -> throw new AssertionError(missing);
            }
        }
        return won;
    }

    private static LogPosition origin(GroupWriter writer) {
        var incarnation = writer.logPosition().incarnation();
        return new LogPosition(incarnation, 0, GroupHead.first(writer.group(), incarnation));
    }
}
