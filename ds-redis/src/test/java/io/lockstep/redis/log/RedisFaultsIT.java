package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogPosition;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

/// Redis crashes, hangs, or loses its data.
class RedisFaultsIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final int WRITERS = 4;
    private static final PipelinedConnection ASKING = REDIS.connect().queries();
    private RedisGroupLog log;

    @BeforeEach
    void connect() {
        log = REDIS.groupLog();
    }

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    @DisplayName(
            "I3, I4: after kill -9 of Redis every acknowledged entry is in its place, and an unknown outcome is found by its key")
    void killedInTheMiddleOfAppendsItKeepsWhatItAcknowledged() throws Exception {
        var acknowledged = new AtomicInteger();
        List<Callable<RecordingWriter>> tasks = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            var witness = new RecordingWriter(GroupWriter.create(log));
            tasks.add(() -> witness.appendUntilItFails(acknowledged));
        }
        var witnesses = new ArrayList<RecordingWriter>();
        try (var threads = Executors.newFixedThreadPool(WRITERS)) {
            var futures = tasks.stream().map(threads::submit).toList();
            await().until(() -> acknowledged.get() > 500);
            REDIS.kill();
            for (var future : futures) {
                witnesses.add(future.get());
            }
        }
        REDIS.restart();
        await().until(() -> reachable(witnesses.getFirst().writer.group()));

        for (var witness : witnesses) {
            witness.check();
        }
    }

    /// Writes one group and records what was acknowledged, and the one batch that was not.
    private final class RecordingWriter {
        private final GroupWriter writer;
        private final List<LogEntry> acknowledged = new ArrayList<>();
        private final List<LogEntry> unknown = new ArrayList<>();

        RecordingWriter(GroupWriter writer) {
            this.writer = writer;
        }

        RecordingWriter appendUntilItFails(AtomicInteger count) {
            while (true) {
                int n = acknowledged.size();
                var batch =
                        List.of(
                                writer.application("a" + n),
                                writer.commit("b" + n),
                                writer.application("c" + n));
                var entries = batch.stream().map(added -> added.entry()).toList();
                try {
                    assertThat(writer.append(batch)).isInstanceOf(AppendOutcome.Succeeded.class);
                    acknowledged.addAll(entries);
                    count.addAndGet(entries.size());
                } catch (LogUnavailableException e) {
                    unknown.addAll(entries);
                    return this;
                }
            }
        }

        void check() {
            var found = entries(writer.group());
            assertThat(found).hasSizeGreaterThanOrEqualTo(acknowledged.size());
            assertThat(found.subList(0, acknowledged.size())).isEqualTo(acknowledged);
            // The batch with the unknown outcome is in the log completely, or not at all.
            var rest = found.subList(acknowledged.size(), found.size());
            assertThat(rest).isIn(List.of(), unknown);
            for (var entry : unknown) {
                assertThat(
                                log.find(writer.group(), entry.epoch(), entry.sha256())
                                        .blockOptional(GroupWriter.PATIENCE)
                                        .orElseThrow()
                                        .isPresent())
                        .isEqualTo(!rest.isEmpty());
            }
        }
    }

    @Test
    @DisplayName(
            "I4: an append that hangs fails in time as unknown; reading again tells that it happened, once")
    void anAppendThatHangsIsUnknownUntilItIsReadAgain() throws Exception {
        var writer = GroupWriter.create(log);
        writer.append(writer.application("before"));
        var redis = REDIS.process();
        signal("STOP", redis);
        var batch = List.of(writer.application("in the dark"));
        long begun = System.nanoTime();

        assertThatThrownBy(() -> writer.append(batch)).isInstanceOf(LogUnavailableException.class);

        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isLessThan(TestRedis.SETTINGS.commandTimeout().plusSeconds(3));
        signal("CONT", redis);
        await().until(() -> reachable(writer.group()));
        // The command was already in the socket, and Redis executes it now.
        await().untilAsserted(() -> assertThat(entries(writer.group())).hasSize(2));
        assertThat(writer.append(batch))
                .isEqualTo(
                        new AppendOutcome.TailMismatch(
                                new GroupTail(writer.logPosition(), 0, 1),
                                List.of(batch.getFirst().entry())));
        assertThat(entries(writer.group())).hasSize(2);
    }

    @Test
    void whenRedisIsGoneEverythingFailsPromptlyAndWorksAgainWhenItIsBack() throws Exception {
        var writer = GroupWriter.create(log);
        writer.append(writer.application("before"));
        REDIS.kill();
        var batch = List.of(writer.application("refused"));

        for (int i = 0; i < 20; i++) {
            long begun = System.nanoTime();
            assertThatThrownBy(() -> writer.append(batch))
                    .isInstanceOf(LogUnavailableException.class);
            assertThatThrownBy(() -> log.tail(writer.group()).block(GroupWriter.PATIENCE))
                    .isInstanceOf(LogUnavailableException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isLessThan(Duration.ofSeconds(1));
        }

        REDIS.restart();
        await().until(() -> reachable(writer.group()));
        assertThat(writer.append(batch)).isInstanceOf(AppendOutcome.Succeeded.class);
    }

    @Test
    @DisplayName("I2: a follower is told to look again after a break, and misses nothing")
    void aFollowerIsToldToLookAgainAfterABreak() throws Exception {
        var writer = GroupWriter.create(log);
        writer.append(writer.application("before"));
        var follower = new TwoNodesIT.Reader(log, writer.group());
        var heard = new CopyOnWriteArrayList<LogNotice>();
        log.follow(writer.group()).subscribe(heard::add);
        await().until(() -> follower.shown.size() == 1 && heard.size() == 1);

        REDIS.kill();
        REDIS.restart();
        await().until(() -> reachable(writer.group()));
        await().untilAsserted(() ->
                assertThat(heard)
                        .hasSizeGreaterThan(1)
                        .last()
                        .isInstanceOf(LogNotice.CheckTail.class));
        // From another node, so that the entry arrives by the subscription.
        var other = REDIS.groupLog();
        var next = writer.twin(other);
        next.append(next.application("after"));

        await().untilAsserted(() -> assertThat(follower.shown).isEqualTo(entries(writer.group())));
        assertThat(follower.shown).hasSize(2);
        follower.cancel();
        other.close();
    }

    @Test
    @DisplayName("Tripwire: a store that lost its data is noticed by writers and followers")
    void aStoreThatLostItsDataIsNoticed() {
        var writer = GroupWriter.create(log);
        writer.append(writer.application("one"));
        var keys = new RedisKeyCache(TestRedis.KEY).of(writer.group());
        var line = REDIS.connect().queries();
        var heard = new CopyOnWriteArrayList<LogNotice>();
        log.follow(writer.group()).subscribe(heard::add);
        await().until(() -> heard.size() == 1);
        var older =
                new GroupTail(
                        new LogPosition(
                                writer.logPosition().incarnation(),
                                0,
                                GroupHead.first(
                                        writer.group(), writer.logPosition().incarnation())),
                        0,
                        1);

        // The state after a fail-over to a replica without the entry.
        line.send(c -> c.hset(keys.meta(), Script.ascii("at"), MetaCodec.logPosition(older.last())))
                .then(line.send(c -> c.del(keys.log())))
                .block(GroupWriter.PATIENCE);

        await().untilAsserted(() ->
                assertThat(heard).last().isEqualTo(new LogNotice.CheckTail(writer.group(), older)));
        assertThat(writer.append(writer.application("two")))
                .isInstanceOf(AppendOutcome.Diverged.class);

        var done = new AtomicInteger();
        log.follow(writer.group()).doOnComplete(done::incrementAndGet).subscribe();
        line.send(c -> c.del(keys.meta())).block(GroupWriter.PATIENCE);
        await().until(() -> done.get() == 1);
        assertThat(writer.append(writer.application("three")))
                .isInstanceOf(AppendOutcome.GroupMissing.class);
    }

    @Test
    void aScriptThatRedisForgotIsSentAgain() {
        var writer = GroupWriter.create(log);
        var line = REDIS.connect().queries();
        line.send(commands -> commands.scriptFlush()).block(GroupWriter.PATIENCE);

        assertThat(writer.append(writer.application("one")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
        assertThat(entries(writer.group())).hasSize(1);
    }

    /// Bug: a follower that stopped during a break stayed subscribed, because Lettuce subscribes
    /// every earlier channel again.
    @Test
    void whatIsFollowedNoMoreIsGivenUpAfterABreakToo() throws Exception {
        var writer = GroupWriter.create(log);
        var heard = new CopyOnWriteArrayList<LogNotice>();
        var following = log.follow(writer.group()).subscribe(heard::add);
        await().until(() -> !heard.isEmpty());
        assertThat(listeners(writer.group())).isEqualTo(1);

        REDIS.kill();
        await().until(() -> !reachable(writer.group()));
        following.dispose();
        REDIS.restart();
        await().until(() -> reachable(writer.group()));

        await().during(Duration.ofSeconds(1))
                .untilAsserted(() -> assertThat(listeners(writer.group())).isZero());
    }

    /// Bug: the unsubscription of the last follower may be overtaken by the subscription of the
    /// next one, when that is sent on the connection's own thread. Then the next follower got no
    /// notices.
    @Test
    void aFollowerWhoseSubscriptionWasEndedGetsAnother() {
        var connections = REDIS.connect();
        var node =
                new RedisGroupLog(
                        connections, TestRedis.KEY, Schedulers.parallel(), InstantSource.system());
        var writer = GroupWriter.create(log);
        var heard = new CopyOnWriteArrayList<LogNotice>();
        var following = node.follow(writer.group()).subscribe(heard::add);
        await().until(() -> !heard.isEmpty());

        var channel = new RedisKeyCache(TestRedis.KEY).of(writer.group()).channel();
        connections.subscriptions().sync().unsubscribe(channel);

        await().untilAsserted(() -> assertThat(listeners(writer.group())).isEqualTo(1));
        var typing =
                new LogNotice.EphemeralMessage(writer.group(), 0, 1, GroupWriter.text("typing"));
        log.relay(typing).block(GroupWriter.PATIENCE);
        await().untilAsserted(() -> assertThat(heard).contains(typing));
        following.dispose();
        node.close();
    }

    /// Bug: one trace that could not be read ended each sweep, and hid every younger one.
    @Test
    @DisplayName("I5: a group whose id cannot be read does not keep back the Welcomes of others")
    void aDamagedGroupDoesNotHideOthersWelcomes() throws Exception {
        var line = REDIS.connect().queries();
        var damaged = writerWithWelcome();
        var keys = new RedisKeyCache(TestRedis.KEY).of(damaged.group());
        line.send(c -> c.hset(keys.meta(), Script.ascii("g"), Script.ascii("damaged")))
                .block(GroupWriter.PATIENCE);
        Thread.sleep(5);
        var behind = writerWithWelcome();

        var other = REDIS.groupLog();
        var found = other.welcomesPending().any(behind.group()::equals);

        assertThat(found.block(GroupWriter.PATIENCE)).isTrue();
        other.close();
    }

    /// Bug: the policy of such a group could not be read, so nobody could fetch its GroupInfo.
    @Test
    @DisplayName("a group of a release without voids has a policy, and no voids")
    void aGroupOfAnOlderReleaseIsRead() {
        var writer = GroupWriter.create(log);
        writer.append(writer.commit("of the older release"));
        var keys = new RedisKeyCache(TestRedis.KEY).of(writer.group());
        var line = REDIS.connect().queries();
        line.send(c -> c.hdel(keys.meta(), Script.ascii("pv"))).block(GroupWriter.PATIENCE);

        var node = REDIS.groupLog();
        assertThat(node.policy(writer.group()).block(GroupWriter.PATIENCE))
                .contains(GroupRules.DEFAULT);
        assertThat(node.load(writer.group(), 8).blockOptional(GroupWriter.PATIENCE))
                .hasValueSatisfying(
                        snapshot -> assertThat(snapshot.policy()).isEqualTo(GroupRules.DEFAULT));
        assertThat(writer.append(writer.commit("and on")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
        node.close();
    }

    private GroupWriter writerWithWelcome() {
        var writer = GroupWriter.create(log);
        writer.append(
                writer.bundle(
                        "commit", RosterDelta.NONE, GroupWriter.text("welcome"), Bytes.EMPTY));
        return writer;
    }

    private static long listeners(GroupId group) {
        var channel = new RedisKeyCache(TestRedis.KEY).of(group).channel();
        return ASKING.send(commands -> commands.pubsubNumsub(channel))
                .map(counts -> counts.values().iterator().next())
                .onErrorReturn(-1L)
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private boolean reachable(GroupId group) {
        try {
            return log.tail(group).block(GroupWriter.PATIENCE) != null;
        } catch (LogUnavailableException e) {
            return false;
        }
    }

    private List<LogEntry> entries(GroupId group) {
        var read = log.read(group, 0, 100_000, 100_000_000);
        return ((ReadOutcome.Entries) read.blockOptional(GroupWriter.PATIENCE).orElseThrow())
                .entries();
    }

    private static void signal(String signal, ProcessHandle process)
            throws IOException, InterruptedException {
        var kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }
}
