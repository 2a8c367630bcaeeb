package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lockstep.log.AppendOutcome;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogLimits;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.log.MemberId;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.DeploymentGuard;
import io.lockstep.redis.StoreClockCheck;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

/// Decisions that only the store makes, regardless of the node's view: age, capacity, completeness.
class StoreDecidesIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();

    private static final InstantSource FORTY_DAYS_AHEAD =
            InstantSource.offset(InstantSource.system(), Duration.ofDays(40));

    private static RedisClient client;
    private static RedisCommands<String, String> redis;

    @BeforeAll
    static void connect() {
        client = RedisClient.create(REDIS.uri());
        redis = client.connect().sync();
    }

    @AfterAll
    static void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }

    private static RedisGroupLog node(InstantSource clock, LogLimits limits) {
        return REDIS.keep(
                new RedisGroupLog(
                        REDIS.connect(), TestRedis.KEY, Schedulers.parallel(), clock, limits));
    }

    private static RedisGroupLog node() {
        return node(InstantSource.system(), LogLimits.DEFAULT);
    }

    /// Bug: one message, a pause and one claim of such a node deleted all older entries, for
    /// everybody.
    @Test
    void aNodeFortyDaysAheadDeletesNothing() {
        var writer = GroupWriter.create(node());
        writer.append(writer.application("one"), writer.application("two"));
        var ahead = node(FORTY_DAYS_AHEAD, LogLimits.DEFAULT);

        var trimmed = ahead.trim(writer.group(), GroupRules.DEFAULT.retention());

        assertThat(trimmed.block(GroupWriter.PATIENCE)).isZero();
    }

    @Test
    void aNodeWhoseClockDiffersAppendsNothing() {
        var writer = GroupWriter.create(node());
        for (var offset : List.of(Duration.ofDays(40), Duration.ofDays(-40))) {
            var other = writer.twin(node()).at(Instant.now().plus(offset).toEpochMilli());
            assertThatThrownBy(() -> other.append(other.application("dated")))
                    .isInstanceOf(LogUnavailableException.class)
                    .hasMessageContaining("clock");
            var committer = writer.twin(node()).at(Instant.now().plus(offset).toEpochMilli());
            assertThatThrownBy(() -> committer.append(committer.commit("dated")))
                    .isInstanceOf(LogUnavailableException.class);
        }
        assertThat(writer.append(writer.application("right")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
    }

    @Test
    void aNodeWhoseClockDiffersDoesNotStart() {
        var connections = REDIS.connect();
        assertThatCode(() -> StoreClockCheck.check(connections, InstantSource.system()))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> StoreClockCheck.check(connections, FORTY_DAYS_AHEAD))
                .hasMessageContaining("ahead of the store's");
    }

    @Test
    void dataOfAnotherLayoutIsRefusedAndNotMisread() {
        var connections = REDIS.connect();
        DeploymentGuard.check(connections, TestRedis.KEYS);
        var marker = redis.get("ls:deployment");
        redis.set("ls:deployment", marker.substring(0, 16));

        assertThatThrownBy(() -> DeploymentGuard.check(connections, TestRedis.KEYS))
                .hasMessageContaining("another layout");

        redis.set("ls:deployment", marker);
        DeploymentGuard.check(connections, TestRedis.KEYS);
    }

    /// From then on nodes of the release with layout 2 refuse it.
    @Test
    void aStoreOfLayout2GetsThePresentNumber() {
        DeploymentGuard.check(REDIS.connect(), TestRedis.KEYS);
        var marker = redis.get("ls:deployment");
        assertThat(marker).endsWith(" layout 3");
        redis.set("ls:deployment", marker.substring(0, 16) + " layout 2");

        DeploymentGuard.check(REDIS.connect(), TestRedis.KEYS);

        assertThat(redis.get("ls:deployment")).isEqualTo(marker);
    }

    // PROTOCOL R-SUB-9
    /// Bug: keys of a group that never commits were kept forever.
    @Test
    @DisplayName("I4: resend keys end with the longest time that they are needed")
    void resendKeysEnd() {
        var writer = GroupWriter.create(node());
        writer.append(writer.application("message"));
        writer.append(writer.commit("commit"), writer.application("in epoch 1"));

        var keys = redis.keys("*:seen:*");
        assertThat(keys).isNotEmpty();
        for (var key : keys) {
            assertThat(Duration.ofSeconds(redis.ttl(key)))
                    .as(key)
                    .isBetween(Duration.ofDays(30), Duration.ofDays(46));
        }
    }

    /// The log of a long change may be half merged. No reader sees that state.
    @Test
    @DisplayName(
            "I1: a long change is finished by whoever comes, when the node that began it is gone")
    void aLongChangeIsFinishedByWhoeverComes() {
        var writer = GroupWriter.create(node());
        var added = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i < 2_000; i++) {
            added.put(new MemberId(1, i), new UserPseudonym(2, i));
        }
        var change = new RosterDelta(added, Set.of());
        var batch = List.of(writer.bundle("add", change, Bytes.EMPTY, Bytes.EMPTY));
        assertThat(writer.append(batch)).isInstanceOf(AppendOutcome.Succeeded.class);
        assertThat(redis.keys("*:merging")).hasSize(1);

        // Messages continue in the meantime. A commit finishes the change first.
        assertThat(writer.append(writer.application("meanwhile")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
        var other = writer.twin(node());
        assertThat(other.append(other.commit("by another node")))
                .isInstanceOf(AppendOutcome.Succeeded.class);

        assertThat(redis.keys("*:merging")).isEmpty();
        assertThat(redis.keys("*:staged:*")).isEmpty();
        assertThat(node().memberships(writer.group(), added.keySet()).block(GroupWriter.PATIENCE))
                .allSatisfy((_, membership) -> assertThat(membership).isPresent());
    }

    @Test
    @DisplayName("I1: of a long change that lost nothing remains")
    void ofALongChangeThatLostNothingRemains() {
        var winner = GroupWriter.create(node());
        var loser = winner.twin(node());
        winner.append(winner.commit("winner"));
        var added = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i < 2_000; i++) {
            added.put(new MemberId(3, i), new UserPseudonym(2, i));
        }

        var outcome =
                loser.append(
                        loser.bundle(
                                "loser",
                                new RosterDelta(added, Set.of()),
                                Bytes.EMPTY,
                                Bytes.EMPTY));

        assertThat(outcome).isInstanceOf(AppendOutcome.TailMismatch.class);
        assertThat(
                        node().membership(winner.group(), new MemberId(3, 1))
                                .block(GroupWriter.PATIENCE))
                .isEmpty();
    }

    @Test
    void beyondItsBytesALogLosesItsOldestSegmentsAndAtLastTakesNoMore() {
        var limits = new LogLimits(100, 10, 200_000, 100_000);
        var log = node(InstantSource.system(), limits);
        var writer = GroupWriter.create(log);
        var outcome = (AppendOutcome) new AppendOutcome.LogFull();
        int appended = 0;
        for (int i = 0; i < 40; i++) {
            var batch =
                    IntStream.range(0, 100)
                            .mapToObj(j -> writer.application("x".repeat(94) + "/" + j))
                            .toList();
            outcome = writer.append(batch);
            if (outcome instanceof AppendOutcome.LogFull) {
                break;
            }
            appended += 100;
        }
        assertThat(outcome).isInstanceOf(AppendOutcome.LogFull.class);
        assertThat(appended).isBetween(3_000, 3_300);

        long trimmed =
                log.trim(writer.group(), Duration.ofDays(30))
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();

        assertThat(trimmed).isBetween(1_000L, 2_100L);
        var tail = log.tail(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
        var goesOn = writer.twin(log);
        goesOn.moveTo(tail);
        assertThat(goesOn.append(goesOn.application("goes on")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
        assertThat(tail.firstRetained()).isEqualTo(trimmed + 1);
    }
}
