package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Part of [GroupLogContract]: reading, finding, trimming.
public interface GroupLogReadContract {
    /// Every entry is older than this many seconds.
    int ALL = -600;

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
    default void aReadStopsAfterTheEntryThatReachesItsBytesAndReturnsAtLeastOne() {
        var writer = tenEntries();

        // Every message has ten bytes.
        assertThat(positions(writer, 0, 100, 1)).containsExactly(1L);
        assertThat(positions(writer, 0, 100, 10)).containsExactly(1L);
        assertThat(positions(writer, 0, 100, 11)).containsExactly(1L, 2L);
        assertThat(positions(writer, 0, 100, 30)).containsExactly(1L, 2L, 3L);
        assertThat(positions(writer, 5, 100, 1_000)).containsExactly(6L, 7L, 8L, 9L, 10L);
    }

    @Test
    default void aLongReadIsComplete() {
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
    default void aSnapshotContainsTheNewestEntriesWithTailAndPolicy() {
        var writer = tenEntries();

        var snapshot =
                log().load(writer.group(), 3).blockOptional(GroupWriter.PATIENCE).orElseThrow();

        assertThat(snapshot.recent()).extracting(LogEntry::position).containsExactly(8L, 9L, 10L);
        assertThat(snapshot.tail()).isEqualTo(new GroupTail(writer.logPosition(), 0, 1));
        assertThat(snapshot.policy()).isEqualTo(GroupRules.DEFAULT);
        assertThat(
                        log().membership(writer.group(), GroupWriter.member("creator"))
                                .block(GroupWriter.PATIENCE))
                .contains(new Membership(GroupWriter.owner("creator"), 1, Membership.OPEN));
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
        var writer = threeOldEntriesAndSevenNewOnes();

        assertThat(trim(writer, 40)).isEqualTo(3);

        assertThat(tail(writer).firstRetained()).isEqualTo(4);
        assertThat(tail(writer).last()).isEqualTo(writer.logPosition());
        assertThat(log().read(writer.group(), 2, 100, 1_000_000).block(GroupWriter.PATIENCE))
                .isEqualTo(new ReadOutcome.Trimmed(tail(writer)));
        assertThat(positions(writer, 3, 100, 1_000_000)).hasSize(7).first().isEqualTo(4L);
        assertThat(trim(writer, 600)).isZero();
        assertThat(
                        log().load(writer.group(), 100)
                                .blockOptional(GroupWriter.PATIENCE)
                                .orElseThrow()
                                .recent())
                .hasSize(7);
    }

    @Test
    default void theNewestEntryIsAlwaysKept() {
        var writer = threeOldEntriesAndSevenNewOnes();

        assertThat(trim(writer, ALL)).isEqualTo(9);

        assertThat(positions(writer, 9, 100, 1_000_000)).containsExactly(10L);
        assertThat(writer.append(writer.application("goes on")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
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

        assertThat(trim(writer, ALL)).isEqualTo(2_999);
        assertThat(tail(writer).firstRetained()).isEqualTo(3_000);
    }

    @Test
    default void theNewestBytesOfThePolicyAreKeptAndFewEntriesMore() {
        var writer = manyEntries(GroupRules.DEFAULT.withRetentionBytes(20 * 10));

        assertThat(trim(writer, 600)).isEqualTo(tail(writer).firstRetained() - 1);

        // Every message has ten bytes.
        assertThat(tail(writer).firstRetained())
                .isBetween(6_000L - 19 - GroupLog.TRIM_STEP_MAX, 6_000L - 19);
        assertThat(positions(writer, 5_980, 100, 1_000_000)).hasSize(20);
        assertThat(trim(writer, 600)).isZero();
    }

    @Test
    default void aLogWithinTheBytesOfItsPolicyIsNotTrimmed() {
        var writer = manyEntries(GroupRules.DEFAULT.withRetentionBytes(6_000 * 10));

        assertThat(trim(writer, 600)).isZero();
        assertThat(trim(writer, ALL)).isEqualTo(5_999);
    }

    @Test
    default void theNewestEntryIsKeptThoughItHasMoreBytesThanThePolicyKeeps() {
        var writer = GroupWriter.create(log(), GroupRules.DEFAULT.withRetentionBytes(1));
        writer.append(writer.application("one"), writer.application("two"));

        trim(writer, 600);

        assertThat(positions(writer, 1, 100, 1_000_000)).containsExactly(2L);
    }

    @Test
    default void aWriterBehindATrimmedLogGetsOnlyTheTail() {
        var writer = threeOldEntriesAndSevenNewOnes();
        var absent = GroupWriter.create(log()).twin(log());
        trim(writer, ALL);
        var late =
                log().append(writer.group(), origin(writer), List.of(absent.application("late")))
                        .block(GroupWriter.PATIENCE);

        assertThat(late).isEqualTo(new AppendOutcome.TailMismatch(tail(writer), List.of()));
    }

    @Test
    @DisplayName("I4: a trimmed message is found, in its epoch and after it")
    default void aTrimmedMessageIsFound() {
        var policy = GroupRules.DEFAULT.withRetention(Duration.ofSeconds(1));
        var writer = GroupWriter.create(log(), policy);
        var early = writer.at(ago(20)).application("in epoch 0");
        writer.append(early, writer.application("also in epoch 0"));
        trim(writer, 10);
        assertThat(tail(writer).firstRetained()).isEqualTo(2);

        assertThat(find(writer, 0, early.entry())).hasValue(1);

        writer.append(writer.commit("ends 0"), writer.commit("ends 1"), writer.commit("ends 2"));
        trim(writer, ALL);
        assertThat(find(writer, 0, early.entry())).hasValue(1);
    }

    private static long ago(long seconds) {
        return System.currentTimeMillis() - 1_000 * seconds;
    }

    private GroupWriter tenEntries() {
        var writer = GroupWriter.create(log());
        for (int i = 0; i < 10; i++) {
            writer.append(writer.application("ten bytes" + i));
        }
        return writer;
    }

    /// 6,000 entries of ten bytes each.
    private GroupWriter manyEntries(GroupRules policy) {
        var writer = GroupWriter.create(log(), policy);
        for (int batch = 0; batch < 30; batch++) {
            var entries = new ArrayList<NewEntry>();
            for (int i = 0; i < 200; i++) {
                entries.add(writer.application("%10d".formatted(200 * batch + i)));
            }
            writer.append(entries);
        }
        return writer;
    }

    /// Three entries were accepted 50 s ago, which is within the allowed difference between a
    /// node's clock and the store's, and seven just now. A slow machine has tens of seconds between
    /// these two before it confuses them.
    private GroupWriter threeOldEntriesAndSevenNewOnes() {
        var writer = GroupWriter.create(log());
        append(writer.at(ago(50)), 1, 3);
        append(writer.at(ago(0)), 4, 10);
        return writer;
    }

    private static void append(GroupWriter writer, int first, int last) {
        var entries = new ArrayList<NewEntry>();
        for (int i = first; i <= last; i++) {
            entries.add(writer.application("message " + i));
        }
        writer.append(entries);
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

    private long trim(GroupWriter writer, long olderThanSeconds) {
        return log().trim(writer.group(), Duration.ofSeconds(olderThanSeconds))
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private GroupTail tail(GroupWriter writer) {
        return log().tail(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    private static LogPosition origin(GroupWriter writer) {
        var incarnation = writer.logPosition().incarnation();
        return new LogPosition(incarnation, 0, GroupHead.first(writer.group(), incarnation));
    }
}
