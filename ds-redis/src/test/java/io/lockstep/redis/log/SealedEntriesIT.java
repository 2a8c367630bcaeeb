package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.Range;
import io.lettuce.core.XAddArgs;
import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CallEffect;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.HistoryVerifier;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.NewEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.TestRedis;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Entries in Redis are sealed under a key of their group (invariant I8).
class SealedEntriesIT {
    private static final byte[] KEY_FIELD = Script.ascii("k");
    private static final byte[] ENTRY_FIELD = Script.ascii("e");
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static RedisGroupLog log;
    private static PipelinedConnection line;

    @BeforeAll
    static void connect() {
        log = REDIS.groupLog();
        line = REDIS.connect().queries();
    }

    @Test
    void aStoredEntryIsSealed() throws Exception {
        var writer = GroupWriter.create(log);
        writer.append(writer.application("alice says hello"), writer.commit("alice commits"));

        for (var value : values(writer)) {
            var stored = StoredEntry.parseFrom(value);
            assertThat(stored.getMessage().isEmpty()).isTrue();
            assertThat(stored.getSealed().isEmpty()).isFalse();
        }
    }

    @Test
    void anotherNodeReadsThemAndGetsThemInANotice() {
        var writer = GroupWriter.create(log);
        writer.append(writer.application("one"));
        var node = REDIS.groupLog();
        var heard = new CopyOnWriteArrayList<LogNotice>();
        var following = node.follow(writer.group()).subscribe(heard::add);
        await().until(() -> heard.size() == 1);
        // A notice is opened with the key that a read brought.
        assertThat(entries(node, writer.group())).hasSize(1);

        writer.append(writer.application("two"));

        await().untilAsserted(() ->
                assertThat(heard)
                        .last()
                        .isEqualTo(
                                new LogNotice.EntriesAppended(
                                        writer.group(),
                                        entries(log, writer.group()).subList(1, 2))));
        following.dispose();
    }

    @Test
    void aNodeWithoutTheKeyIsToldOfTheTail() {
        var writer = GroupWriter.create(log);
        var node = REDIS.groupLog();
        var heard = new CopyOnWriteArrayList<LogNotice>();
        var following = node.follow(writer.group()).subscribe(heard::add);
        await().until(() -> heard.size() == 1);

        writer.append(writer.application("one"));

        await().untilAsserted(() ->
                assertThat(heard).hasSize(2).last().isInstanceOf(LogNotice.CheckTail.class));
        assertThat(entries(node, writer.group())).isEqualTo(entries(log, writer.group()));
        following.dispose();
    }

    @Test
    void anAppendThatComesLateGetsTheMissedEntries() {
        var writer = GroupWriter.create(log);
        var node = REDIS.groupLog();
        var late = writer.twin(node);
        writer.append(writer.application("first"));
        var batch = List.of(late.application("late"));

        var outcome =
                node.append(late.group(), late.positionBefore(batch), batch)
                        .block(GroupWriter.PATIENCE);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        AppendOutcome.TailMismatch.class,
                        mismatch ->
                                assertThat(mismatch.missed())
                                        .isEqualTo(entries(log, writer.group())));
    }

    @Test
    void scriptsCountTheBytesAndReadTheTimeOfSealedEntries() {
        var writer = GroupWriter.create(log);
        var batch = new ArrayList<NewEntry>();
        for (int i = 0; i < 8; i++) {
            batch.add(writer.application("x".repeat(1_000)));
        }
        writer.append(batch);

        assertThat(read(log, writer.group(), 0, 100, 2_500)).hasSize(3);
        assertThat(log.trim(writer.group(), Duration.ofDays(1)).block(GroupWriter.PATIENCE))
                .isZero();
        assertThat(log.trim(writer.group(), Duration.ofDays(-1)).block(GroupWriter.PATIENCE))
                .isEqualTo(7);
    }

    @Test
    @DisplayName(
            "a group of a release that did not seal is read; it gets a key, and goes on sealed")
    void entriesOfAnEarlierReleaseAreRead() {
        var writer = GroupWriter.create(log);
        writer.append(writer.application("one"), writer.commit("two"));
        var before = entries(log, writer.group());
        var keys = keys(writer.group());
        line.send(c -> c.del(keys.log())).block(GroupWriter.PATIENCE);
        for (var entry : before) {
            put(keys, entry.position(), EntryCodec.encode(entry).toByteArray());
        }
        line.send(c -> c.hdel(keys.meta(), KEY_FIELD)).block(GroupWriter.PATIENCE);

        var node = REDIS.groupLog();
        assertThat(entries(node, writer.group())).isEqualTo(before);
        assertThat(read(node, writer.group(), 0, 100, 1)).hasSize(1);
        var twin = writer.twin(node);
        twin.append(twin.application("three"));
        // This node still has the key that the group lost.
        var next = writer.twin(log);
        var skipped = next.application("three");
        assertThat(next.append(next.application("four")))
                .isInstanceOf(AppendOutcome.Succeeded.class);

        assertThat(skipped.entry().position()).isEqualTo(3);
        for (var reader : List.of(node, log, REDIS.groupLog())) {
            var after = entries(reader, writer.group());
            assertThat(after).hasSize(4).startsWith(before.toArray(LogEntry[]::new));
            assertThat(firstBroken(writer.group(), snapshot(reader, writer))).isEmpty();
        }
        assertThat(values(writer).getLast().length).isGreaterThan(100);
    }

    @Test
    void anEntryThatWasMovedContradictsTheHistory() {
        var writer = GroupWriter.create(log);
        writer.append(writer.application("pay 1"), writer.application("pay 2"));
        var keys = keys(writer.group());
        var values = values(writer);
        line.send(c -> c.del(keys.log())).block(GroupWriter.PATIENCE);
        put(keys, 1, values.get(1));
        put(keys, 2, values.get(0));

        assertThat(firstBroken(writer.group(), snapshot(log, writer))).hasValue(1);
        assertThat(firstBroken(writer.group(), snapshot(REDIS.groupLog(), writer))).hasValue(1);
    }

    @Test
    void theKeyOfAnotherGroupOpensNothing() {
        var other = GroupWriter.create(log);
        var writer = GroupWriter.create(log);
        writer.append(writer.application("one"));
        var stolen =
                line.send(c -> c.hget(keys(other.group()).meta(), KEY_FIELD))
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();
        line.send(c -> c.hset(keys(writer.group()).meta(), KEY_FIELD, stolen))
                .block(GroupWriter.PATIENCE);

        var node = REDIS.groupLog();
        assertThat(firstBroken(writer.group(), snapshot(node, writer))).hasValue(1);
        var twin = writer.twin(node);
        assertThatThrownBy(() -> twin.append(twin.application("two")))
                .isInstanceOfSatisfying(
                        LogUnavailableException.class,
                        e -> assertThat(e.effect()).isEqualTo(CallEffect.NOT_EXECUTED));
    }

    private static GroupSnapshot snapshot(RedisGroupLog node, GroupWriter writer) {
        return node.load(writer.group(), 64).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    private static OptionalLong firstBroken(GroupId group, GroupSnapshot snapshot) {
        var first = GroupHead.first(group, snapshot.tail().last().incarnation());
        return HistoryVerifier.firstBroken(group, 0, Optional.of(first), snapshot.recent());
    }

    private static void put(GroupRedisKeys keys, long position, byte[] value) {
        line.send(c ->
                        c.xadd(
                                keys.log(),
                                XAddArgs.Builder.minId("0").id(position + "-0"),
                                Map.of(ENTRY_FIELD, value)))
                .block(GroupWriter.PATIENCE);
    }

    private static List<byte[]> values(GroupWriter writer) {
        return line
                .send(c -> c.xrange(keys(writer.group()).log(), Range.unbounded()))
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow()
                .stream()
                .map(message -> message.getBody().values().iterator().next())
                .toList();
    }

    private static GroupRedisKeys keys(GroupId group) {
        return new RedisKeyCache(TestRedis.KEY).of(group);
    }

    private static List<LogEntry> entries(RedisGroupLog node, GroupId group) {
        return read(node, group, 0, 10_000, 10_000_000);
    }

    private static List<LogEntry> read(
            RedisGroupLog node, GroupId group, long after, int count, int bytes) {
        var read = node.read(group, after, count, bytes);
        return ((ReadOutcome.Entries) read.blockOptional(GroupWriter.PATIENCE).orElseThrow())
                .entries();
    }
}
