package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lockstep.log.AppendOutcome;
import io.lockstep.log.BlobQuota;
import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.DeleteCondition;
import io.lockstep.log.GroupInfoOutcome;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogLimits;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.PartContent;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.log.Trouble;
import io.lockstep.log.TroubleKind;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptCost;
import io.lockstep.redis.ScriptTexts;
import io.lockstep.redis.TestRedis;
import io.lockstep.redis.ValueSealer;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Checks the scripts of the log against the limits of [ScriptCost]. The last test checks that all
/// of them ran.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LogScriptCostIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final Logger LOG = LoggerFactory.getLogger(LogScriptCostIT.class);
    private static final String LONG = "x".repeat(65_000);

    private static final byte[] OUTBOX = Script.ascii("ls:outbox");
    private static final int TRACES = 100_000;

    /// SHAs of the scripts that were measured.
    private static final Set<String> MEASURED = new HashSet<>();

    private static RedisConnections connections;
    private static RedisGroupLog log;
    private static RedisClient client;
    private static RedisCommands<byte[], byte[]> redis;
    private static ScriptCost cost;

    @BeforeAll
    static void connect() {
        log = REDIS.groupLog();
        connections = REDIS.connect();
        client = RedisClient.create(REDIS.uri());
        redis = client.connect(ByteArrayCodec.INSTANCE).sync();
        cost = new ScriptCost(REDIS.uri());
    }

    @AfterAll
    static void close() {
        cost.close();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    @Test
    void rosterOfTheLargestGroup() {
        var writer = GroupWriter.create(log);
        cheap(
                "add 60,000",
                append(writer, commit(writer, new RosterDelta(names(60_000), Set.of()))));
        cheap("merge", log.memberships(writer.group(), Set.of(new MemberId(0, 0))));
        cheap("ask 256", log.memberships(writer.group(), names(256).keySet()));
        cheap("load", log.load(writer.group(), 64));
        var gone = new HashSet<>(names(LogLimits.REMOVED_MAX).keySet());
        cheap("remove 4,096", append(writer, commit(writer, new RosterDelta(Map.of(), gone))));
        cheap("merge", log.memberships(writer.group(), Set.of(new MemberId(0, 0))));
        var some = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i < LogLimits.BATCH_NAMES_MAX; i++) {
            some.put(new MemberId(9, i), new UserPseudonym(9, i));
        }
        cheap("add 512", append(writer, commit(writer, new RosterDelta(some, Set.of()))));
        cheap(
                "remove 512",
                append(writer, commit(writer, new RosterDelta(Map.of(), some.keySet()))));
        append(writer, List.of(writer.application("one"), writer.application("two"))).block();
        cheap("trim with 4,096 former members", log.trim(writer.group(), Duration.ofDays(-1)));
    }

    @Test
    void longEntries() {
        var writer = GroupWriter.create(log);
        var late = writer.twin(log);
        for (int batch = 0; batch < 64; batch++) {
            var entries = new ArrayList<NewEntry>();
            for (int i = 0; i < 16; i++) {
                entries.add(writer.application(LONG + batch + " " + i));
            }
            if (batch < 3) {
                cheap("append 16 of 64 KiB", append(writer, entries));
            } else {
                append(writer, entries).block();
            }
        }
        cheap("load", log.load(writer.group(), 64));
        cheap("read", log.read(writer.group(), 0, 512, 1 << 20));
        var behind = List.of(late.application("late"));
        cheap("behind", log.append(late.group(), late.positionBefore(behind), behind));
        var commit = List.of(late.commit("late"));
        cheap(
                "behind with a commit",
                log.append(late.group(), late.positionBefore(commit), commit));
        append(writer, List.of(writer.application("one"))).block();
        cheap("trim 1,024 of 64 KiB", log.trim(writer.group(), Duration.ofDays(-1)));
    }

    @Test
    void voidOfAsManyCommitsAsCanBeProvisional() {
        var writer = GroupWriter.create(log, GroupRules.DEFAULT.withVoidAfter(1));
        append(writer, commit(writer, new RosterDelta(names(60_000), Set.of()))).block();
        int each = ProvisionalCommits.NAMES_MAX / ProvisionalCommits.COMMITS_MAX;
        for (int i = 0; i < ProvisionalCommits.COMMITS_MAX; i++) {
            var gone = new HashSet<MemberId>();
            for (int j = 0; j < each; j++) {
                gone.add(new MemberId(0, i * each + j));
            }
            var commit =
                    List.of(
                            writer.provisional(
                                    "creator",
                                    LONG + i,
                                    new RosterDelta(Map.of(), gone),
                                    GroupWriter.text(LONG),
                                    GroupWriter.text(LONG + i)));
            if (i == ProvisionalCommits.COMMITS_MAX - 1) {
                cheap("the last provisional commit", append(writer, commit));
            } else {
                append(writer, commit).block();
            }
        }
        cheap("load with 64 provisional commits", log.load(writer.group(), 64));
        var rejecting = List.of(writer.rejecting(writer.logPosition().position(), "bob"));
        cheap("a rejection", append(writer, rejecting));
        var voiding =
                List.of(
                        writer.voiding(
                                writer.provisional().commits().getFirst().position(), "bob"));
        cheap("void of 64 commits and 512 members", append(writer, voiding));
    }

    @Test
    void manyShortEntries() {
        var writer = GroupWriter.create(log);
        for (int batch = 0; batch < 20; batch++) {
            var entries = new ArrayList<NewEntry>();
            for (int i = 0; i < 256; i++) {
                entries.add(writer.application(batch + " " + i));
            }
            cheap("append 256", append(writer, entries));
        }
        cheap("read", log.read(writer.group(), 0, 1_000, 1 << 20));
        cheap("find", log.find(writer.group(), 0, GroupWriter.text("nothing").sha256()));
        cheap("trim 5,000", log.trim(writer.group(), Duration.ofDays(-1)));
    }

    @Test
    void newGroups() {
        var group = GroupWriter.freshGroup();
        var plain = GroupWriter.newGroup(group, GroupRules.DEFAULT);
        var made =
                new NewGroup(
                        plain.incarnation(),
                        0,
                        plain.policy(),
                        plain.creator(),
                        plain.creatorOwner(),
                        GroupWriter.text(LONG));
        cheap("create", log.create(group, made));
        cheap("create again", log.create(group, made));
    }

    @Test
    void blobs() {
        var blobs = new RedisBlobStore(connections, TestRedis.KEY);
        var group = GroupWriter.freshGroup();
        // The maximum of other blobs, some thousand of them expired.
        var keys = new RedisKeyCache(TestRedis.KEY).of(group);
        double later = System.currentTimeMillis() + 3_600_000;
        for (int i = 0; i < BlobQuota.DEFAULT.uploadsMax() - 1; i++) {
            redis.zadd(keys.uploads(), later, blobMember(i));
        }
        for (int i = 0; i < 4_000; i++) {
            redis.zadd(keys.kept(), i < 2_000 ? 1 : later, blobMember(i));
        }
        redis.set(keys.keptBytes(), Script.number(4_000));
        var content = Bytes.wrap(new byte[16 << 20]);
        cheap("put 16 MiB", blobs.put(group, content.sha256(), content, BlobStore.UNREFERENCED));
    }

    @Test
    void groupInfoApartFromACommit() {
        var blobs = new RedisBlobStore(connections, TestRedis.KEY);
        var writer = GroupWriter.create(log);
        var tree = Bytes.wrap(new byte[1 << 20]);
        blobs.put(writer.group(), tree.sha256(), tree, BlobStore.UNREFERENCED).block();
        for (int i = 0; i < 3; i++) {
            cheap("file a GroupInfo of 64 KiB", file(writer, LONG + i, tree));
        }
    }

    private static Mono<GroupInfoOutcome> file(GroupWriter writer, String info, Bytes tree) {
        return log.fileGroupInfo(
                writer.group(),
                writer.logPosition().incarnation(),
                0,
                new StoredGroupInfo(
                        0,
                        new PartContent.Inline(GroupWriter.text(info)),
                        Optional.of(BlobReference.to(tree))));
    }

    private static byte[] blobMember(int number) {
        return Script.ascii("%064x1".formatted(number));
    }

    @Test
    void outboxOfManyTraces() {
        for (int i = 0; i < TRACES; i += 1_000) {
            var traces = new ArrayList<Object>();
            for (int j = i; j < i + 1_000; j++) {
                long time = j / 300;
                traces.add((double) time);
                traces.add(trace(j));
            }
            redis.zadd(OUTBOX, traces.toArray());
        }
        var outbox = new byte[][] {OUTBOX};
        var line = connections.queries();
        var page = Script.number(256);
        var none = new byte[0];
        var age = Script.number(1_000);
        var sweep = Script.reading("log/sweep");
        cheap("sweep", sweep.run(line, outbox, age, page, none, none));
        int at = TRACES - 500;
        cheap(
                "sweep behind many",
                sweep.run(line, outbox, age, page, trace(at), Script.number(at / 300)));
        cheap(
                "sweep behind one that went",
                sweep.run(line, outbox, age, page, Script.ascii("gone"), Script.number(at / 300)));
        cheap("announce", Script.of("log/announce").run(line, outbox, trace(TRACES)));
        cheap(
                "forget",
                Script.freeing("log/forget")
                        .run(line, outbox, trace(7), Script.number(7 / 300), age));
    }

    /// Each bucket has a sixteenth of the groups: here of 1.6 million.
    @Test
    void indexOfManyGroups() {
        for (int i = 0; i < TRACES; i += 1_000) {
            var groups = new ArrayList<Object>();
            for (int j = i; j < i + 1_000; j++) {
                groups.add((double) (j / 300 + 1));
                groups.add(trace(j));
            }
            redis.zadd(SweepIndex.key(0), groups.toArray());
        }
        var index = new SweepIndex(connections.queries());
        var keys = GroupRedisKeys.named("0".repeat(31) + "x");
        cheap("lease 256", index.lease(0, 256));
        cheap("enter a created group", index.enterCreated(keys, Duration.ofDays(30)).thenReturn(1));
        cheap("enter it again", index.enterCreated(keys, Duration.ofDays(30)).thenReturn(1));
        var lease = new SweepIndex.Lease(keys.name(), 7);
        cheap("end a lease", index.endLease(lease, 8).thenReturn(1));
        var writer = GroupWriter.create(log);
        append(writer, List.of(writer.application(LONG), writer.application("newest"))).block();
        var swept = new RedisKeyCache(TestRedis.KEY).of(writer.group());
        cheap(
                "when a group is due",
                Script.reading("log/accepted", "log/due")
                        .run(
                                connections.queries(),
                                new byte[][] {
                                    swept.meta(), swept.log(), swept.owners(), swept.merging()
                                }));
    }

    @Test
    void keyOfAGroupOfAnEarlierRelease() {
        var writer = GroupWriter.create(log);
        var keys = new RedisKeyCache(TestRedis.KEY).of(writer.group());
        redis.hdel(keys.meta(), Script.ascii("k"));
        var groupKeys = new GroupKeyCache(connections.queries(), new ValueSealer(TestRedis.KEYS));
        cheap("group key", groupKeys.of(keys));
    }

    /// Redis frees large values beside its main thread.
    @Test
    void deletionOfALargeGroup() {
        var writer = GroupWriter.create(log);
        append(writer, commit(writer, new RosterDelta(names(60_000), Set.of()))).block();
        log.memberships(writer.group(), Set.of(new MemberId(0, 0))).block();
        for (int batch = 0; batch < 40; batch++) {
            var entries = new ArrayList<NewEntry>();
            for (int i = 0; i < 256; i++) {
                entries.add(writer.application(batch + " " + i));
            }
            append(writer, entries).block();
        }
        var keys = new RedisKeyCache(TestRedis.KEY).of(writer.group());
        for (int i = 0; i < 2_000; i++) {
            redis.zadd(keys.kept(), 1, blobMember(i));
            redis.hset(
                    keys.blob(Bytes.ofHex("%064x".formatted(i))), Script.ascii("0"), new byte[99]);
        }
        var incarnation = writer.logPosition().incarnation();
        cheap(
                "delete",
                log.delete(writer.group(), new DeleteCondition.SameIncarnation(incarnation)));
        assertThat(redis.exists(keys.meta(), keys.log(), keys.blob(Bytes.ofHex("00".repeat(32)))))
                .isZero();
    }

    @Test
    void troublesOfOneBatch() {
        var writer = GroupWriter.create(log);
        for (int i = 0; i < 1_024; i++) {
            redis.zadd(Script.ascii("ls:trouble:" + Integer.toHexString(i % 16)), i, trace(i));
        }
        var troubles = new ArrayList<Trouble>();
        for (int i = 0; i < 256; i++) {
            troubles.add(new Trouble(TroubleKind.REJECTION, i));
        }
        cheap("troubles", log.noteTroubles(writer.group(), troubles).thenReturn(1));
    }

    private static byte[] trace(int number) {
        return Script.ascii("%032x".formatted(number));
    }

    /// For each file below `lua/log`, the earlier tests ran a script that contains it.
    @Test
    @Order(Integer.MAX_VALUE)
    void everyScriptOfTheLogIsMeasured() {
        var measured = new TreeSet<String>();
        ScriptTexts.scripts("io/lockstep/redis/log")
                .forEach((sha, files) -> {
                    if (MEASURED.contains(sha)) {
                        measured.addAll(files);
                    }
                });
        assertThat(measured).isEqualTo(ScriptTexts.files("log").keySet());
    }

    private static Map<MemberId, UserPseudonym> names(int count) {
        var names = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i < count; i++) {
            names.put(new MemberId(1, i), new UserPseudonym(2, i));
        }
        return names;
    }

    private static List<NewEntry> commit(GroupWriter writer, RosterDelta change) {
        return List.of(writer.bundle("commit " + writer.epoch(), change, Bytes.EMPTY, Bytes.EMPTY));
    }

    private static Mono<AppendOutcome> append(GroupWriter writer, List<NewEntry> batch) {
        return log.append(writer.group(), writer.positionBefore(batch), batch);
    }

    /// The mean of several equal scripts.
    private static void cheap(String what, Mono<?> operation) {
        double slowness = cost.slowness();
        var spent = cost.of(operation);
        MEASURED.addAll(spent.scripts());
        LOG.info("{}: {}, slowness {}", what, spent, slowness);
        assertThat(spent.brought()).as(what).isTrue();
        assertThat(spent.microsOfEach() / slowness)
                .as(what)
                .isLessThanOrEqualTo(ScriptCost.MICROS_MAX);
        assertThat(spent.replyBytesOfEach())
                .as(what)
                .isLessThanOrEqualTo(ScriptCost.REPLY_BYTES_MAX);
    }
}
