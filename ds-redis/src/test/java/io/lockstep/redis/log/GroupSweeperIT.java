package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lockstep.log.GroupLogSweepContract;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupTail;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.NewEntry;
import io.lockstep.log.SweepOutcome;
import io.lockstep.redis.Script;
import io.lockstep.redis.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The index of groups to sweep, with several nodes and crashes.
class GroupSweeperIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final GroupRules ONE_SECOND = GroupLogSweepContract.ONE_SECOND;

    /// Sweeps that look at all buckets.
    private static final int ALL_BUCKETS = 4;

    private static RedisGroupLog log;
    private static RedisGroupLog other;
    private static RedisClient client;
    private static RedisCommands<byte[], byte[]> redis;

    @BeforeAll
    static void connect() {
        log = REDIS.groupLog();
        other = REDIS.groupLog();
        client = RedisClient.create(REDIS.uri());
        redis = client.connect(ByteArrayCodec.INSTANCE).sync();
    }

    @AfterAll
    static void disconnect() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    @BeforeEach
    void empty() {
        redis.flushdb();
    }

    @Test
    void twoNodesThatSweepAtTheSameTimeGetDifferentGroups() {
        for (int i = 0; i < 60; i++) {
            var _ = due(0);
        }

        var outcomes =
                Mono.zip(sweepAll(log), sweepAll(other))
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();

        assertThat(groups(outcomes.getT1()) + groups(outcomes.getT2())).isEqualTo(60);
    }

    @Test
    void aGroupWhoseNodeStoppedIsSweptByAnotherWhenTheLeaseEnds() {
        var writer = due(3);
        new SweepIndex(REDIS.connect().queries())
                .lease(bucket(writer), 10)
                .block(GroupWriter.PATIENCE);
        assertThat(groups(sweepAll(other))).isZero();
        long leased = score(writer);
        assertThat(leased - System.currentTimeMillis())
                .isBetween(1L, 2 * SweepIndex.LEASE.toMillis());

        makeDue(writer);

        assertThat(groups(sweepAll(other))).isOne();
        assertThat(score(writer)).isGreaterThan(leased);
    }

    /// A release without the index created it.
    @Test
    void aGroupThatIsNotInTheIndexEntersWhenANodeLoadsIt() {
        var writer = due(3);
        redis.zrem(index(writer), name(writer));
        sweepAll(log).block(GroupWriter.PATIENCE);
        assertThat(redis.zscore(index(writer), name(writer))).isNull();

        log.load(writer.group(), 1).block(GroupWriter.PATIENCE);

        assertThat(groups(sweepAll(log))).isOne();
    }

    @Test
    void aLoadDoesNotMoveAGroup() {
        var writer = GroupWriter.create(log);
        long due = score(writer);

        log.load(writer.group(), 1).block(GroupWriter.PATIENCE);
        log.load(writer.group(), 1).block(GroupWriter.PATIENCE);

        assertThat(score(writer)).isEqualTo(due);
    }

    @Test
    void aNameWithoutAGroupIsRemoved() {
        var writer = due(1);
        redis.del(keys(writer).meta());

        sweepAll(log).block(GroupWriter.PATIENCE);

        assertThat(redis.zcard(index(writer))).isZero();
    }

    /// A sweep finds the name that a failed creation left, and no group; then the group is created.
    @Test
    void aGroupThatIsCreatedWhileItsFormerNameIsRemovedStaysInTheIndex() {
        var index = new SweepIndex(REDIS.connect().queries());
        var writer = due(0);
        redis.del(keys(writer).meta());
        var leases =
                index.lease(bucket(writer), 10)
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow()
                        .leases();
        assertThat(leases).hasSize(1);

        log.create(writer.group(), GroupWriter.newGroup(writer.group(), ONE_SECOND))
                .block(GroupWriter.PATIENCE);
        index.remove(leases.getFirst()).block(GroupWriter.PATIENCE);

        assertThat(redis.zscore(index(writer), name(writer))).isNotNull();
    }

    @Test
    void aLongLogIsSweptInSeveralTurns() {
        var writer = GroupWriter.create(log, ONE_SECOND);
        writer.at(System.currentTimeMillis() - 50_000);
        for (int batch = 0; batch < 5; batch++) {
            var entries = new ArrayList<NewEntry>();
            for (int i = 0; i < 2_000; i++) {
                entries.add(writer.application(batch + " " + i));
            }
            writer.append(entries);
        }
        makeDue(writer);

        assertThat(entries(sweepAll(log))).isEqualTo(8 * TrimScript.DELETED_AT_ONCE);
        assertThat(entries(sweepAll(log))).isEqualTo(10_000 - 1 - 8 * TrimScript.DELETED_AT_ONCE);
        assertThat(tail(writer).firstRetained()).isEqualTo(10_000);
        assertThat(redis.xlen(keys(writer).log())).isOne();
    }

    @Test
    void aGroupThatCannotBeReadDoesNotKeepTheOthersFromTheirTurn() {
        var broken = due(3);
        redis.del(keys(broken).log());
        redis.set(keys(broken).log(), Script.ascii("not a stream"));
        var writer = due(3);

        sweepAll(log).block(GroupWriter.PATIENCE);

        assertThat(tail(writer).firstRetained()).isEqualTo(3);
        assertThat(redis.zscore(index(broken), name(broken))).isNotNull();
    }

    /// Redis kept the expired entries next to the newest one, in memory and in what it writes to
    /// files.
    @Test
    @DisplayName("I8: no byte of an expired entry is left in Redis")
    void noByteOfAnExpiredEntryIsLeft() {
        var writer = due(5);
        var key = keys(writer).log();
        var sealed =
                redis.xrange(key, Range.unbounded()).stream()
                        .map(entry -> entry.getBody().values().iterator().next())
                        .map(GroupSweeperIT::hex)
                        .toList();
        redis.configSet("rdbcompression", "no");
        assertThat(hex(redis.dump(key))).contains(sealed);

        sweepAll(log).block(GroupWriter.PATIENCE);

        assertThat(hex(redis.dump(key)))
                .contains(sealed.getLast())
                .doesNotContain(sealed.subList(0, 4));
        writer.append(writer.application("a later one"));
        assertThat(redis.xlen(key)).isEqualTo(2);
    }

    /// Three of four buckets got no turn while the first of a sweep had more groups due than its
    /// steps.
    @Test
    void bucketsWithMoreGroupsThanASweepTakesHaveTheirTurnsInOrder() {
        var writers = new ArrayList<GroupWriter>();
        var buckets = new HashSet<Integer>();
        while (writers.size() < 100 || buckets.size() < SweepIndex.BUCKETS) {
            var writer = due(0);
            writers.add(writer);
            buckets.add(bucket(writer));
        }

        for (int i = 0; i < SweepIndex.BUCKETS; i++) {
            assertThat(log.sweep(1).block(GroupWriter.PATIENCE))
                    .extracting(SweepOutcome::groups)
                    .isEqualTo(1);
        }

        assertThat(writers.stream().filter(writer -> score(writer) > 1).map(GroupSweeperIT::bucket))
                .doesNotHaveDuplicates()
                .hasSize(SweepIndex.BUCKETS);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /// A group with this many expired entries that is due now.
    private static GroupWriter due(int entries) {
        var writer = GroupWriter.create(log, ONE_SECOND);
        writer.at(System.currentTimeMillis() - 50_000);
        for (int i = 0; i < entries; i++) {
            writer.append(writer.application("expired " + i));
        }
        makeDue(writer);
        return writer;
    }

    @Test
    void aGroupIsDueSoonAfterAChangeOfItsPolicy() {
        var writer = GroupWriter.create(log);
        assertThat(score(writer)).isGreaterThan(inMillis(Duration.ofDays(29)));

        writer.append(writer.policy(ONE_SECOND));

        assertThat(score(writer)).isLessThan(inMillis(Duration.ofMinutes(3)));
    }

    /// The sweep has read the policy before the change.
    @Test
    void aSweepThatIsInProgressDoesNotDelayTheSweepAfterAChangeOfThePolicy() {
        var writer = due(1);
        var index = new SweepIndex(REDIS.connect().queries());
        var lease =
                index.lease(bucket(writer), 10)
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow()
                        .leases()
                        .getFirst();

        writer.append(writer.policy(ONE_SECOND));
        index.endLease(lease, inMillis(Duration.ofDays(30))).block(GroupWriter.PATIENCE);

        assertThat(score(writer)).isLessThan(inMillis(Duration.ofMinutes(3)));
    }

    /// A sweep could read the policy before the change, and then put the group off by it.
    @Test
    void aGroupThatIsDueIsNotSweptWhileItsPolicyChanges() {
        var writer = due(1);
        var index = new SweepIndex(REDIS.connect().queries());

        index.enterForPolicy(keys(writer)).block(GroupWriter.PATIENCE);

        var leased = index.lease(bucket(writer), 10).blockOptional(GroupWriter.PATIENCE);
        assertThat(leased.orElseThrow().leases())
                .extracting(SweepIndex.Lease::name)
                .doesNotContain(keys(writer).name());
        assertThat(score(writer)).isLessThan(inMillis(Duration.ofMinutes(3)));
    }

    private static long inMillis(Duration from) {
        return System.currentTimeMillis() + from.toMillis();
    }

    private static void makeDue(GroupWriter writer) {
        redis.zadd(index(writer), 1, name(writer));
    }

    private static Mono<List<SweepOutcome>> sweepAll(RedisGroupLog node) {
        return node.sweep(1_000)
                .repeat(ALL_BUCKETS - 1)
                .collectList()
                .subscribeOn(Schedulers.parallel());
    }

    private static int groups(Mono<List<SweepOutcome>> sweeps) {
        return groups(sweeps.blockOptional(GroupWriter.PATIENCE).orElseThrow());
    }

    private static int groups(List<SweepOutcome> outcomes) {
        return outcomes.stream().mapToInt(SweepOutcome::groups).sum();
    }

    private static long entries(Mono<List<SweepOutcome>> sweeps) {
        return sweeps.blockOptional(GroupWriter.PATIENCE).orElseThrow().stream()
                .mapToLong(SweepOutcome::entries)
                .sum();
    }

    private static GroupTail tail(GroupWriter writer) {
        return log.tail(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    private static GroupRedisKeys keys(GroupWriter writer) {
        return new RedisKeyCache(TestRedis.KEY).of(writer.group());
    }

    private static byte[] name(GroupWriter writer) {
        return Script.ascii(keys(writer).name());
    }

    private static int bucket(GroupWriter writer) {
        return SweepIndex.bucket(keys(writer).name());
    }

    private static byte[] index(GroupWriter writer) {
        return SweepIndex.key(bucket(writer));
    }

    private static long score(GroupWriter writer) {
        return redis.zscore(index(writer), name(writer)).longValue();
    }
}
