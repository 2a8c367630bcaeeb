package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Part of [GroupLogContract]: reading, finding, trimming.
public interface GroupLogReadContract {
    /// The log under test; the same for the whole of one test.
    GroupLog log();

    @Test
    default void aReadStopsAtItsCount() {
        var writer = tenEntries();

        assertThat(positions(writer, 3, 4, 100_000)).containsExactly(4L, 5L, 6L, 7L);
        assertThat(positions(writer, 8, 4, 100_000)).containsExactly(9L, 10L);
        assertThat(positions(writer, 10, 4, 100_000)).isEmpty();
    }

    @Test
    default void aReadStopsAfterTheEntryThatReachesItsBytesAndBringsAtLeastOne() {
        var writer = tenEntries();

        // Every message has ten bytes.
        assertThat(positions(writer, 0, 100, 1)).containsExactly(1L);
        assertThat(positions(writer, 0, 100, 10)).containsExactly(1L);
        assertThat(positions(writer, 0, 100, 11)).containsExactly(1L, 2L);
        assertThat(positions(writer, 0, 100, 30)).containsExactly(1L, 2L, 3L);
        assertThat(positions(writer, 5, 100, 1_000)).containsExactly(6L, 7L, 8L, 9L, 10L);
    }

    @Test
    default void aLongReadIsWhole() {
        var writer = GroupWriter.create(log());
        for (int batch = 0; batch < 6; batch++) {
            var entries = new ArrayList<NewEntry>();
            for (int i = 0; i < 50; i++) {
                entries.add(writer.application("message " + batch + " " + i));
            }
            writer.append(entries);
        }

        assertThat(positions(writer, 0, 1_000, 1_000_000)).hasSize(300).last().isEqualTo(300L);
        assertThat(positions(writer, 100, 150, 1_000_000)).hasSize(150).first().isEqualTo(101L);
    }

    @Test
    default void aSnapshotBringsTheNewestEntriesWithTailRosterAndPolicy() {
        var writer = tenEntries();

        var snapshot =
                log().load(writer.group(), 3).blockOptional(GroupWriter.PATIENCE).orElseThrow();

        assertThat(snapshot.recent()).extracting(LogEntry::position).containsExactly(8L, 9L, 10L);
        assertThat(snapshot.tail()).isEqualTo(new GroupTail(writer.place(), 0, 1));
        assertThat(snapshot.policy()).isEqualTo(GroupPolicy.DEFAULT);
        assertThat(snapshot.roster())
                .isEqualTo(
                        Roster.ofCreator(
                                GroupWriter.member("creator"), GroupWriter.owner("creator")));
        assertThat(
                        log().load(writer.group(), 0)
                                .blockOptional(GroupWriter.PATIENCE)
                                .orElseThrow()
                                .recent())
                .isEmpty();
    }

    @Test
    @DisplayName("I4: a message is found by its epoch and hash, and only there")
    default void aMessageIsFoundByItsEpochAndHashAndOnlyThere() {
        var writer = GroupWriter.create(log());
        var first = writer.application("first").entry();
        var commit = writer.commit("commit").entry();
        writer.moveTo(new GroupTail(origin(writer), 0, 1));
        writer.append(writer.application("first"), writer.commit("commit"));

        assertThat(find(writer, 0, first)).hasValue(1);
        assertThat(find(writer, 0, commit)).hasValue(2);
        assertThat(find(writer, 1, first)).isEmpty();
        assertThat(find(writer, 0, writer.application("never sent").entry())).isEmpty();
    }

    @Test
    default void trimmingDeletesTheOldestAndAReadBeforeThemIsRefusedWhole() {
        var writer = tenEntriesAtTheirThousands();

        assertThat(trim(writer, 4_000)).isEqualTo(3);

        assertThat(tail(writer).firstRetained()).isEqualTo(4);
        assertThat(tail(writer).last()).isEqualTo(writer.place());
        assertThat(log().read(writer.group(), 2, 100, 1_000_000).block(GroupWriter.PATIENCE))
                .isEqualTo(new ReadOutcome.Trimmed(tail(writer)));
        assertThat(positions(writer, 3, 100, 1_000_000)).hasSize(7).first().isEqualTo(4L);
        assertThat(trim(writer, 4_000)).isZero();
        assertThat(
                        log().load(writer.group(), 100)
                                .blockOptional(GroupWriter.PATIENCE)
                                .orElseThrow()
                                .recent())
                .hasSize(7);
    }

    @Test
    default void theNewestEntryIsAlwaysKept() {
        var writer = tenEntriesAtTheirThousands();

        assertThat(trim(writer, 1_000_000)).isEqualTo(9);

        assertThat(positions(writer, 9, 100, 1_000_000)).containsExactly(10L);
        assertThat(writer.append(writer.application("goes on")))
                .isInstanceOf(AppendOutcome.Appended.class);
        assertThat(positions(writer, 9, 100, 1_000_000)).containsExactly(10L, 11L);
    }

    @Test
    default void manyEntriesAreTrimmedAtOnce() {
        var writer = GroupWriter.create(log());
        for (int batch = 0; batch < 30; batch++) {
            var entries = new ArrayList<NewEntry>();
            for (int i = 0; i < 100; i++) {
                entries.add(writer.application(batch + " " + i));
            }
            writer.append(entries);
        }

        assertThat(trim(writer, 1_000_000)).isEqualTo(2_999);
        assertThat(tail(writer).firstRetained()).isEqualTo(3_000);
    }

    @Test
    default void whoIsBehindATrimmedLogLearnsOnlyTheTail() {
        var writer = tenEntriesAtTheirThousands();
        var absent = GroupWriter.create(log()).twin(log());
        trim(writer, 1_000_000);
        var late =
                log().append(writer.group(), origin(writer), List.of(absent.application("late")))
                        .block(GroupWriter.PATIENCE);

        assertThat(late).isEqualTo(new AppendOutcome.Behind(tail(writer), List.of()));
    }

    @Test
    @DisplayName("I4: a trimmed message is found as long as its epoch still takes messages")
    default void aTrimmedMessageIsFoundAsLongAsItsEpochStillTakesMessages() {
        var policy = new GroupPolicy(1, GroupPolicy.ExternalJoin.DEVICES, Duration.ofDays(1));
        var writer = GroupWriter.create(log(), policy);
        var early = writer.at(1_000).application("in epoch 0");
        writer.append(early, writer.commit("ends 0"), writer.at(2_000).application("in epoch 1"));
        trim(writer, 1_500);

        assertThat(find(writer, 0, early.entry())).hasValue(1);

        // Epoch 0 may still get messages until epoch 1 ends; then its keys go with its last entry.
        writer.append(
                writer.at(2_000).application(0, "late in epoch 0"),
                writer.commit("ends 1"),
                writer.at(3_000).application("in epoch 2"));
        assertThat(find(writer, 0, writer.application(0, "late in epoch 0").entry())).hasValue(4);
        trim(writer, 2_500);

        assertThat(tail(writer).firstRetained()).isEqualTo(6);
        assertThat(find(writer, 1, writer.application(1, "in epoch 1").entry())).hasValue(3);
        assertThat(find(writer, 0, early.entry())).isEmpty();
    }

    private GroupWriter tenEntries() {
        var writer = GroupWriter.create(log());
        for (int i = 0; i < 10; i++) {
            writer.append(writer.application("ten bytes" + i));
        }
        return writer;
    }

    /// Position p was accepted at p seconds.
    private GroupWriter tenEntriesAtTheirThousands() {
        var writer = GroupWriter.create(log());
        for (int i = 1; i <= 10; i++) {
            writer.append(writer.at(i * 1_000L).application("message " + i));
        }
        return writer;
    }

    private List<Long> positions(GroupWriter writer, long after, int countMax, int bytesMax) {
        var read =
                log().read(writer.group(), after, countMax, bytesMax).block(GroupWriter.PATIENCE);
        assertThat(read).isInstanceOf(ReadOutcome.Entries.class);
        return ((ReadOutcome.Entries) Optional.ofNullable(read).orElseThrow())
                .entries().stream().map(LogEntry::position).toList();
    }

    private OptionalLong find(GroupWriter writer, long epoch, LogEntry entry) {
        return log().find(writer.group(), epoch, entry.sha256())
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private long trim(GroupWriter writer, long beforeMillis) {
        return log().trim(writer.group(), Instant.ofEpochMilli(beforeMillis))
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private GroupTail tail(GroupWriter writer) {
        return log().tail(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    private static LogPosition origin(GroupWriter writer) {
        var incarnation = writer.place().incarnation();
        return new LogPosition(incarnation, 0, GroupHead.first(writer.group(), incarnation));
    }
}
