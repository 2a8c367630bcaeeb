package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.NewEntry;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;

/// Two nodes on one Redis.
class TwoNodesIT {
    private static final int ROUNDS = 40;
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static List<RedisGroupLog> nodes = List.of();

    @BeforeAll
    static void connect() {
        nodes = List.of(REDIS.groupLog(), REDIS.groupLog());
    }

    // PROTOCOL R-ORDER-2
    @Test
    @DisplayName("I1: of two nodes that commit in one epoch at once one wins, in every epoch")
    void twoNodesThatCommitAtOnceHaveOneWinnerPerEpoch()
            throws InterruptedException, ExecutionException {
        var origin = GroupWriter.create(nodes.get(0));
        var followers = nodes.stream().map(node -> new Reader(node, origin.group())).toList();
        var won = new ConcurrentLinkedQueue<Long>();

        try (var threads = Executors.newFixedThreadPool(2)) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int node = 0; node < 2; node++) {
                var writer = origin.twin(nodes.get(node));
                var name = "node " + node;
                tasks.add(() -> {
                    while (writer.epoch() < ROUNDS) {
                        commit(writer, name, won);
                    }
                    return null;
                });
            }
            for (var task : threads.invokeAll(tasks)) {
                task.get();
            }
        }

        var entries = entries(origin.group());
        var commits = entries.stream().filter(entry -> entry.kind() == EntryKind.COMMIT).toList();
        assertThat(commits)
                .extracting(LogEntry::epoch)
                .doesNotHaveDuplicates()
                .hasSize(won.size())
                .containsExactlyInAnyOrderElementsOf(won);
        for (var follower : followers) {
            await().untilAsserted(() -> assertThat(follower.shown).isEqualTo(entries));
            follower.cancel();
        }
    }

    private static void commit(GroupWriter writer, String name, ConcurrentLinkedQueue<Long> won) {
        long epoch = writer.epoch();
        var batch =
                List.of(
                        writer.application(name + " before " + epoch),
                        writer.commit(name + " ends " + epoch));
        switch (writer.append(batch)) {
            case AppendOutcome.Succeeded _ -> won.add(epoch);
            case AppendOutcome.TailMismatch behind -> writer.moveTo(behind.tail());
            case AppendOutcome.RosterFull full -> throw new AssertionError(full);
            case AppendOutcome.LogFull full -> throw new AssertionError(full);
            case AppendOutcome.BlobsMissing missing -> throw new AssertionError(missing);
            case AppendOutcome.Diverged diverged -> throw new AssertionError(diverged);
            case AppendOutcome.GroupMissing missing -> throw new AssertionError(missing);
        }
    }

    // PROTOCOL R-DELIVERY-1
    @Test
    @DisplayName(
            "I2: followers on both nodes are shown every position once, in order, with the same bytes")
    void followersOnBothNodesAreShownTheSame() {
        var writer = GroupWriter.create(nodes.get(0));
        var followers = nodes.stream().map(node -> new Reader(node, writer.group())).toList();
        for (int i = 0; i < 200; i++) {
            writer.append(writer.application("a" + i), writer.application("b" + i));
        }

        var entries = entries(writer.group());
        assertThat(entries).extracting(LogEntry::position).hasSize(400);
        for (var follower : followers) {
            await().untilAsserted(() -> assertThat(follower.shown).isEqualTo(entries));
            follower.cancel();
        }
    }

    @Test
    void whatOneNodeRelaysIsShownOnTheOther() {
        var writer = GroupWriter.create(nodes.get(0));
        var heard = new CopyOnWriteArrayList<LogNotice>();
        var subscription = nodes.get(1).follow(writer.group()).subscribe(heard::add);
        await().until(() -> !heard.isEmpty());
        var typing =
                new LogNotice.EphemeralMessage(writer.group(), 0, 1, GroupWriter.text("typing"));

        nodes.get(0).relay(typing).block(GroupWriter.PATIENCE);

        await().untilAsserted(() -> assertThat(heard).contains(typing));
        subscription.dispose();
    }

    @Test
    void aBatchTooLargeForANoticeIsToldAsACheck() {
        var writer = GroupWriter.create(nodes.get(0));
        var follower = new Reader(nodes.get(1), writer.group());
        var large = "x".repeat(60_000);
        var batch = new ArrayList<NewEntry>();
        for (int i = 0; i < 6; i++) {
            batch.add(writer.application(i + large));
        }
        writer.append(batch);

        await().untilAsserted(() -> assertThat(follower.shown).hasSize(6));
        follower.cancel();
    }

    @Test
    @DisplayName("I5: a Welcome of a node that died after its append is found by another")
    void aWelcomeOfANodeThatDiedIsFoundByAnother() {
        var writer = GroupWriter.create(nodes.get(0));
        writer.append(
                writer.bundle(
                        "commit", RosterDelta.NONE, GroupWriter.text("welcome"), Bytes.EMPTY));

        var found = nodes.get(1).welcomesPending().any(writer.group()::equals);

        assertThat(found.block(GroupWriter.PATIENCE)).isTrue();
    }

    @Test
    void manyFollowersShareASubscriptionThatEndsWithTheLast() throws Exception {
        var writer = GroupWriter.create(nodes.get(0));
        var channel = new RedisKeyCache(TestRedis.KEY).of(writer.group()).channel();
        var queries = REDIS.connect().queries();
        var first = new Reader(nodes.get(1), writer.group());
        var second = new Reader(nodes.get(1), writer.group());
        await().untilAsserted(() -> assertThat(subscribers(queries, channel)).isEqualTo(1));

        first.cancel();
        writer.append(writer.application("for the second"));
        await().untilAsserted(() -> assertThat(second.shown).hasSize(1));
        second.cancel();

        await().untilAsserted(() -> assertThat(subscribers(queries, channel)).isZero());
        var again = new Reader(nodes.get(1), writer.group());
        await().untilAsserted(() -> assertThat(again.shown).hasSize(1));
        again.cancel();
    }

    private static long subscribers(PipelinedConnection line, byte[] channel) {
        return line.send(commands -> commands.pubsubNumsub(channel))
                .map(counts -> counts.values().stream().mapToLong(Long::longValue).sum())
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private static List<LogEntry> entries(GroupId group) {
        var read = nodes.get(1).read(group, 0, 10_000, 10_000_000);
        return ((ReadOutcome.Entries) read.blockOptional(GroupWriter.PATIENCE).orElseThrow())
                .entries();
    }

    /// Delivers every entry to itself once, in order, by notices alone, and reads what they do not
    /// contain.
    static final class Reader {
        final List<LogEntry> shown = new CopyOnWriteArrayList<>();
        private final RedisGroupLog node;
        private final GroupId group;
        private final Disposable subscription;

        Reader(RedisGroupLog node, GroupId group) {
            this.node = node;
            this.group = group;
            subscription =
                    node.follow(group).publishOn(Schedulers.boundedElastic()).subscribe(this::take);
        }

        private void take(LogNotice notice) {
            switch (notice) {
                case LogNotice.CheckTail(_, GroupTail tail) -> readTo(tail.position());
                case LogNotice.EntriesAppended(_, var entries) -> {
                    readTo(entries.getFirst().position() - 1);
                    entries.stream()
                            .filter(entry -> entry.position() == shown.size() + 1)
                            .forEach(shown::add);
                }
                case LogNotice.EphemeralMessage _ -> throw new AssertionError("nobody sent one");
            }
        }

        private void readTo(long position) {
            if (shown.size() < position) {
                var read = node.read(group, shown.size(), 10_000, 10_000_000);
                var entries =
                        ((ReadOutcome.Entries)
                                        read.blockOptional(GroupWriter.PATIENCE).orElseThrow())
                                .entries();
                shown.addAll(entries);
            }
        }

        void cancel() {
            subscription.dispose();
        }
    }
}
