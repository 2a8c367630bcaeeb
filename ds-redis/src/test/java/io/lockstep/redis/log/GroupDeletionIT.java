package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.CallEffect;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.DeleteOutcome;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.Script;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What a deletion leaves in Redis, as a scan of all keys finds it.
class GroupDeletionIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final DeleteCondition ONLY_CREATOR =
            new DeleteCondition.OnlyUser(GroupWriter.member("creator"));

    private static RedisGroupLog log;
    private static RedisBlobStore blobs;
    private static RedisClient client;
    private static RedisCommands<byte[], byte[]> redis;

    @BeforeAll
    static void connect() {
        log = REDIS.groupLog();
        blobs = new RedisBlobStore(REDIS.connect(), TestRedis.KEY);
        client = RedisClient.create(REDIS.uri());
        redis = client.connect(ByteArrayCodec.INSTANCE).sync();
    }

    @AfterAll
    static void disconnect() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    @Test
    void noKeyOfADeletedGroupIsLeft() {
        var writer = withEverything();
        var name = keys(writer).name();
        assertThat(keysWith(name))
                .contains("meta", "log", "sizes", "roster", "owners", "info", "welcomes")
                .contains("uploads", "kept", "kept-bytes", "former", "proposals")
                .anyMatch(key -> key.startsWith("blob:"))
                .anyMatch(key -> key.startsWith("seen:3:"));

        assertThat(log.delete(writer.group(), ONLY_CREATOR).block(GroupWriter.PATIENCE))
                .isEqualTo(DeleteOutcome.DELETED);

        assertThat(keysWith(name)).isEmpty();
        assertThat(redis.zscore(SweepIndex.key(SweepIndex.bucket(name)), Script.ascii(name)))
                .isNull();
    }

    /// A node that stops after the first step.
    @Test
    void aSweepCompletesADeletionThatHasBegun() {
        var writer = withEverything();
        var keys = keys(writer);
        begin(keys, writer);
        assertThat(log.tail(writer.group()).blockOptional(GroupWriter.PATIENCE)).isEmpty();
        assertThat(keysWith(keys.name())).contains("meta", "uploads", "kept");

        assertThatThrownBy(() ->
                        log.create(
                                        writer.group(),
                                        GroupWriter.newGroup(writer.group(), GroupRules.DEFAULT))
                                .block(GroupWriter.PATIENCE))
                .isInstanceOfSatisfying(
                        LogUnavailableException.class,
                        e -> assertThat(e.effect()).isEqualTo(CallEffect.NOT_EXECUTED));
        assertThat(
                        log.isDeleted(writer.group(), writer.logPosition().incarnation())
                                .block(GroupWriter.PATIENCE))
                .isTrue();

        redis.zadd(index(keys), 1, Script.ascii(keys.name()));
        sweepAll();

        assertThat(keysWith(keys.name())).isEmpty();
        assertThat(redis.zscore(index(keys), Script.ascii(keys.name()))).isNull();
        assertThat(
                        log.isDeleted(writer.group(), writer.logPosition().incarnation())
                                .block(GroupWriter.PATIENCE))
                .isTrue();
        assertThat(
                        log.create(
                                        writer.group(),
                                        GroupWriter.newGroup(writer.group(), GroupRules.DEFAULT))
                                .block(GroupWriter.PATIENCE))
                .isNotNull();
    }

    /// A node that was slow: another one completed the deletion, and the group was created again.
    @Test
    void aLateStepOfADeletionTouchesNoGroupThatWasCreatedSince() {
        var writer = withEverything();
        var keys = keys(writer);
        var tombstone = redis.hget(keys.meta(), Script.ascii("at"));
        log.delete(writer.group(), ONLY_CREATOR).block(GroupWriter.PATIENCE);
        log.create(writer.group(), GroupWriter.newGroup(writer.group(), GroupRules.DEFAULT))
                .block(GroupWriter.PATIENCE);

        var reply =
                Script.freeing("log/erase")
                        .run(
                                REDIS.connect().queries(),
                                new byte[][] {keys.meta(), keys.roster(), keys.meta()},
                                tombstone)
                        .block(GroupWriter.PATIENCE);

        assertThat(reply).isEqualTo(List.of(0L));
        assertThat(keysWith(keys.name())).contains("meta", "roster");
    }

    @Test
    void aGroupWhoseRosterIsBeingMergedIsDeleted() {
        var writer = GroupWriter.create(log);
        var names = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i < 2_000; i++) {
            names.put(new MemberId(1, i), GroupWriter.owner("creator"));
        }
        writer.append(
                writer.bundle("adds", new RosterDelta(names, Set.of()), Bytes.EMPTY, Bytes.EMPTY));

        assertThat(
                        log.delete(writer.group(), new DeleteCondition.OnlyUser(new MemberId(1, 7)))
                                .block(GroupWriter.PATIENCE))
                .isEqualTo(DeleteOutcome.DELETED);
        assertThat(keysWith(keys(writer).name())).isEmpty();
    }

    /// Of releases that did not store the epoch of the creation.
    @Test
    void theResendKeysOfAGroupWithoutAnEpochOfItsCreationAreDeleted() {
        var writer = withEverything();
        redis.hdel(keys(writer).meta(), Script.ascii("ce"));

        log.delete(writer.group(), ONLY_CREATOR).block(GroupWriter.PATIENCE);

        assertThat(keysWith(keys(writer).name())).isEmpty();
    }

    /// Resend keys of the time before a shorter retention live longer than those after it.
    @Test
    void theResendKeysOfALongerRetentionAreDeleted() {
        var writer = GroupWriter.create(log);
        var keys = keys(writer);
        long old = System.currentTimeMillis() - Duration.ofDays(29).toMillis();
        redis.hset(
                keys.seen(0, ResendPeriods.of(old)), Script.ascii("sixteen bytes..."), new byte[1]);
        writer.append(writer.policy(GroupRules.DEFAULT.withRetention(Duration.ofHours(1))));
        writer.append(writer.policy(GroupRules.DEFAULT.withRetention(Duration.ofDays(2))));

        log.delete(writer.group(), ONLY_CREATOR).block(GroupWriter.PATIENCE);

        assertThat(keysWith(keys.name())).isEmpty();
    }

    // I4: an entry that is kept longer is recognised for longer.
    @Test
    void resendKeysLiveLongerAfterALongerRetention() {
        var writer = GroupWriter.create(log, GroupRules.DEFAULT.withRetention(Duration.ofDays(1)));
        writer.append(writer.application("before"));
        writer.append(writer.commit("next epoch"));
        var seen = keys(writer).seen(0, ResendPeriods.of(System.currentTimeMillis()));
        assertThat(redis.pttl(seen)).isLessThan(Duration.ofDays(17).toMillis());

        writer.append(writer.policy(GroupRules.DEFAULT.withRetention(Duration.ofDays(60))));

        assertThat(redis.pttl(seen)).isGreaterThan(Duration.ofDays(74).toMillis());
    }

    /// The batch of a change may begin with a message of an earlier epoch.
    @Test
    void resendKeysOfEveryEpochThatTakesMessagesLiveLonger() {
        var writer = GroupWriter.create(log, GroupRules.DEFAULT.withRetention(Duration.ofDays(1)));
        writer.append(writer.application("of epoch 0"));
        writer.append(writer.commit("epoch 1"));
        writer.append(writer.application("of epoch 1"));
        writer.append(writer.commit("epoch 2"));
        writer.append(
                List.of(
                        writer.application(0, "late, of epoch 0"),
                        writer.policy(GroupRules.DEFAULT.withRetention(Duration.ofDays(60)))));

        long period = ResendPeriods.of(System.currentTimeMillis());
        for (long epoch = 0; epoch <= 2; epoch++) {
            assertThat(redis.pttl(keys(writer).seen(epoch, period)))
                    .isGreaterThan(Duration.ofDays(74).toMillis());
        }
    }

    @Test
    void anotherNodesFollowerIsToldAtOnce() {
        var writer = GroupWriter.create(log);
        var checked = new CountDownLatch(1);
        var end =
                REDIS.groupLog()
                        .follow(writer.group())
                        .doOnNext(_ -> checked.countDown())
                        .then()
                        .toFuture();
        assertThat(awaits(checked)).isTrue();

        log.delete(writer.group(), ONLY_CREATOR).block(GroupWriter.PATIENCE);

        assertThat(end).succeedsWithin(GroupWriter.PATIENCE);
    }

    private static boolean awaits(CountDownLatch latch) {
        try {
            return latch.await(GroupWriter.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// A group with a key of every kind.
    private static GroupWriter withEverything() {
        var writer = GroupWriter.create(log);
        var group = writer.group();
        for (int i = 0; i < 3; i++) {
            put(group, "never referred to " + i);
        }
        var message = put(group, "a long message");
        writer.append(writer.referring(message));
        var bob =
                new RosterDelta(
                        Map.of(GroupWriter.member("bob"), GroupWriter.owner("bob")), Set.of());
        writer.append(writer.bundle("adds bob", bob, Bytes.EMPTY, Bytes.EMPTY));
        var removed = new RosterDelta(Map.of(), Set.of(GroupWriter.member("bob")));
        writer.append(writer.bundle("removes bob", removed, Bytes.EMPTY, Bytes.EMPTY));
        var commit = put(group, "a long commit");
        var tree = put(group, "a tree");
        var welcome = put(group, "a welcome");
        writer.append(
                writer.referring(
                        commit,
                        Optional.of(welcome),
                        Optional.of(put(group, "info")),
                        Optional.of(tree)));
        var entries = new ArrayList<NewEntry>();
        for (int i = 0; i < 1_500; i++) {
            entries.add(writer.application("message " + i));
        }
        writer.append(entries);
        writer.append(writer.proposal("proposal"));
        return writer;
    }

    private static BlobReference put(GroupId group, String content) {
        var bytes = GroupWriter.text(content);
        blobs.put(group, bytes.sha256(), bytes, BlobStore.UNREFERENCED).block(GroupWriter.PATIENCE);
        return BlobReference.to(bytes);
    }

    private static void begin(GroupRedisKeys keys, GroupWriter writer) {
        var none = new byte[0];
        Script.freeing("log/roster", "log/delete")
                .run(
                        REDIS.connect().queries(),
                        keys.ofDeletion(),
                        writer.logPosition().incarnation().toArray(),
                        none,
                        Script.number(0),
                        Script.number(0))
                .block(GroupWriter.PATIENCE);
    }

    private static void sweepAll() {
        for (int i = 0; i < 4; i++) {
            log.sweep(1_000).block(GroupWriter.PATIENCE);
        }
    }

    private static byte[] index(GroupRedisKeys keys) {
        return SweepIndex.key(SweepIndex.bucket(keys.name()));
    }

    /// The last parts of all keys whose names contain this one.
    private static Set<String> keysWith(String name) {
        var found = new TreeSet<String>();
        KeyScanCursor<byte[]> cursor = redis.scan(ScanArgs.Builder.limit(1_000));
        while (true) {
            for (var key : cursor.getKeys()) {
                var text = new String(key, StandardCharsets.ISO_8859_1);
                if (text.contains(name)) {
                    found.add(text.substring(text.indexOf("}:") + 2));
                }
            }
            if (cursor.isFinished()) {
                return found;
            }
            cursor = redis.scan(cursor, ScanArgs.Builder.limit(1_000));
        }
    }

    private static GroupRedisKeys keys(GroupWriter writer) {
        return new RedisKeyCache(TestRedis.KEY).of(writer.group());
    }
}
