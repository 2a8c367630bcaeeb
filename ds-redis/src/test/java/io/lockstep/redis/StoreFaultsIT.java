package io.lockstep.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.DeletionScope;
import io.lockstep.log.AppendOutcome;
import io.lockstep.log.CallEffect;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.redis.directory.RedisInboxStore;
import io.lockstep.redis.directory.RedisKeyPackageStore;
import io.lockstep.redis.log.RedisGroupLog;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Redis refuses, hangs, is changed or emptied while nodes run: which failures callers get, and
/// when.
class StoreFaultsIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final Duration AT_ONCE = Duration.ofSeconds(1);
    private static final Script FILL = Script.of("test/fill");

    private RedisConnections node;
    private RedisGroupLog log;
    private final List<Throwable> dropped = new CopyOnWriteArrayList<>();

    StoreFaultsIT() {
        node = REDIS.connect();
        log = log(node);
    }

    private static RedisGroupLog log(RedisConnections node) {
        return new RedisGroupLog(
                node, TestRedis.KEY, Schedulers.parallel(), InstantSource.system());
    }

    @BeforeEach
    void catchDroppedErrors() {
        Hooks.onErrorDropped(dropped::add);
    }

    @AfterEach
    void close() {
        Hooks.resetOnErrorDropped();
        log.close();
        node.close();
        assertThat(dropped).isEmpty();
    }

    private void assertNotReady(String check, String... texts) {
        await().untilAsserted(() ->
                assertThat(node.checks())
                        .anySatisfy(found -> {
                            assertThat(found.name()).isEqualTo(check);
                            assertThat(found.ok()).isFalse();
                            assertThat(found.detail()).contains(texts);
                        }));
    }

    private void assertReady() {
        await().untilAsserted(() -> assertThat(node.checks()).allMatch(StoreCheck::ok));
        assertThat(node.isWritable()).isTrue();
    }

    /// Refused at once, with the effect NOT_EXECUTED.
    private static void assertNotExecuted(GroupWriter writer, FailureCause failureCause) {
        long begun = System.nanoTime();
        assertThatThrownBy(() -> writer.append(List.of(writer.application("refused"))))
                .isInstanceOfSatisfying(
                        LogUnavailableException.class,
                        e -> {
                            assertThat(e.effect()).isEqualTo(CallEffect.NOT_EXECUTED);
                            assertThat(RedisUnavailableException.in(requireNonNull(e.getCause())))
                                    .map(RedisUnavailableException::failureCause)
                                    .contains(failureCause);
                        });
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(AT_ONCE);
    }

    /// Bug: the outcome was unknown after 5 s, readiness reported nothing, and nothing could be
    /// deleted.
    @Test
    void atMaxmemoryAppendsAreRefusedAtOnceAndWhatFreesMemoryWorks() throws Exception {
        var writer = GroupWriter.create(log);
        // The store refuses an entry whose time differs by a minute from its own.
        long now = System.currentTimeMillis();
        writer.append(
                List.of(
                        writer.at(now - 50_000).application("old"),
                        writer.at(now).application("new")));
        var client = new ClientId("olaf", "phone");
        var keyPackages = new RedisKeyPackageStore(node, TestRedis.KEY);
        var inboxes = new RedisInboxStore(node, TestRedis.KEY);
        REDIS.ask("CONFIG", "SET", "maxmemory", "1");
        try {
            var behind = writer.twin(log);
            assertNotExecuted(behind, FailureCause.OUT_OF_MEMORY);
            assertNotReady("redis-writes", "maxmemory", "used_memory");
            assertThat(node.hasRoom()).isFalse();

            assertThat(log.trim(writer.group(), Duration.ofSeconds(25)).block(GroupWriter.PATIENCE))
                    .isPositive();
            assertThat(
                            keyPackages
                                    .delete(client, new DeletionScope.All())
                                    .block(GroupWriter.PATIENCE))
                    .isZero();
            keyPackages.removeDevice(client).block(GroupWriter.PATIENCE);
            inboxes.acknowledge(client, Set.of(Bytes.ofHex("00".repeat(16))))
                    .block(GroupWriter.PATIENCE);
            inboxes.clear(client).block(GroupWriter.PATIENCE);
            log.welcomesReleased(writer.group(), List.of(1L)).block(GroupWriter.PATIENCE);
            assertThat(log.load(writer.group(), 10).block(GroupWriter.PATIENCE)).isNotNull();
        } finally {
            REDIS.ask("CONFIG", "SET", "maxmemory", "0");
        }
        assertReady();
        await().until(node::hasRoom);
        assertThat(writer.append(List.of(writer.application("again"))))
                .isInstanceOf(AppendOutcome.Succeeded.class);
    }

    @Test
    void nearMaxmemoryThereIsNoRoomBeforeRedisRefusesAWrite() throws Exception {
        var writer = GroupWriter.create(log);
        REDIS.ask("CONFIG", "SET", "maxmemory", Long.toString(usedMemory() * 100 / 94));
        try {
            await().until(() -> !node.hasRoom());
            assertThat(node.checks())
                    .allMatch(StoreCheck::ok)
                    .anySatisfy(check -> {
                        assertThat(check.name()).isEqualTo("redis-memory");
                        assertThat(check.warns()).isTrue();
                        assertThat(check.detail()).contains("used_memory");
                    });
            assertThat(writer.append(List.of(writer.application("admitted before"))))
                    .isInstanceOf(AppendOutcome.Succeeded.class);
            REDIS.ask("CONFIG", "SET", "maxmemory", Long.toString(usedMemory() * 100 / 70));
            await().until(node::hasRoom);
        } finally {
            REDIS.ask("CONFIG", "SET", "maxmemory", "0");
        }
    }

    /// A refused write is noticed at once, not at the next verification.
    @Test
    void aWriteThatRedisRefusedLeavesNoRoom() throws Exception {
        var writer = GroupWriter.create(log);
        var slow =
                RedisConnections.open(
                        REDIS.uri(), TestRedis.SETTINGS.withVerifyInterval(Duration.ofHours(1)));
        try (slow) {
            assertThat(slow.awaitVerified(Duration.ofSeconds(20))).isTrue();
            REDIS.ask("CONFIG", "SET", "maxmemory", "1");
            assertThat(slow.hasRoom()).isTrue();
            assertNotExecuted(writer.twin(log(slow)), FailureCause.OUT_OF_MEMORY);
            assertThat(slow.hasRoom()).isFalse();
        } finally {
            REDIS.ask("CONFIG", "SET", "maxmemory", "0");
        }
    }

    @Test
    @DisplayName("a script that crosses maxmemory in the middle is carried out whole")
    void aScriptThatCrossesMaxmemoryInTheMiddleIsCarriedOutWhole() throws Exception {
        var key = new byte[][] {Script.ascii("test:fill")};
        long used = usedMemory();
        REDIS.ask("CONFIG", "SET", "maxmemory", Long.toString(used + (256 << 10)));
        try {
            var filled =
                    FILL.run(node.appends(), key, Script.number(16), Script.number(64 << 10))
                            .block(GroupWriter.PATIENCE);
            assertThat(filled).containsExactly(16L);
            assertThat(usedMemory()).isGreaterThan(used + (512 << 10));

            assertThatThrownBy(() ->
                            FILL.run(node.appends(), key, Script.number(1), Script.number(1))
                                    .block(GroupWriter.PATIENCE))
                    .isInstanceOfSatisfying(
                            RedisUnavailableException.class,
                            e -> assertThat(e.effect()).isEqualTo(CallEffect.NOT_EXECUTED));
        } finally {
            REDIS.ask("CONFIG", "SET", "maxmemory", "0");
            REDIS.ask("DEL", "test:fill");
        }
        assertReady();
    }

    private static long usedMemory() throws IOException {
        return Long.parseLong(
                RedisServerCheck.lines(REDIS.ask("INFO", "memory").getFirst()).get("used_memory"));
    }

    @Test
    void anErrorInAScriptAfterAWriteIsOfUnknownEffect() throws Exception {
        assertThatThrownBy(() ->
                        Script.of("test/late_error")
                                .run(node.appends(), new byte[][] {Script.ascii("test:late")})
                                .block(GroupWriter.PATIENCE))
                .isInstanceOfSatisfying(
                        RedisUnavailableException.class,
                        e -> assertThat(e.effect()).isEqualTo(CallEffect.UNKNOWN));
        assertThat(REDIS.ask("GET", "test:late")).containsExactly("no number");
    }

    @Test
    void aReplicaIsNotWrittenTo() throws Exception {
        var writer = GroupWriter.create(log);
        REDIS.ask("REPLICAOF", "127.0.0.1", "1");
        try {
            var refused = writer.twin(log);
            assertThatThrownBy(() -> refused.append(List.of(refused.application("refused"))))
                    .isInstanceOfSatisfying(
                            LogUnavailableException.class,
                            e -> assertThat(e.effect()).isEqualTo(CallEffect.NOT_EXECUTED));
            assertNotReady("redis-verified", "role slave");
            assertNotExecuted(writer.twin(log), FailureCause.UNVERIFIED);
        } finally {
            REDIS.ask("REPLICAOF", "NO", "ONE");
        }
        assertReady();
        assertThat(writer.append(List.of(writer.application("again"))))
                .isInstanceOf(AppendOutcome.Succeeded.class);
    }

    @Test
    void tooFewReplicasRefuseAtOnce() throws Exception {
        var writer = GroupWriter.create(log);
        REDIS.ask("CONFIG", "SET", "min-replicas-to-write", "1");
        try {
            assertNotExecuted(writer.twin(log), FailureCause.REPLICAS);
            assertNotReady("redis-writes", "replicas");
        } finally {
            REDIS.ask("CONFIG", "SET", "min-replicas-to-write", "0");
        }
        assertReady();
    }

    /// Bug: nothing was checked again after the start.
    @Test
    void aSettingThatIsChangedForTheWorseStopsWrites() throws Exception {
        var writer = GroupWriter.create(log);
        for (var setting :
                List.of(
                        List.of("appendfsync", "everysec", "always"),
                        List.of("no-appendfsync-on-rewrite", "yes", "no"),
                        List.of("maxmemory-policy", "allkeys-lru", "noeviction"))) {
            REDIS.ask("CONFIG", "SET", setting.getFirst(), setting.get(1));
            try {
                assertNotReady("redis-verified", setting.getFirst());
                assertNotExecuted(writer.twin(log), FailureCause.UNVERIFIED);
            } finally {
                REDIS.ask("CONFIG", "SET", setting.getFirst(), setting.getLast());
            }
            assertReady();
        }
    }

    /// Bug: of 64 commands that timed out at once, 63 errors ended in Reactor's hook for dropped
    /// errors.
    @Test
    void aRedisThatHangsIsNotReadyAndNewCommandsAreRefusedAtOnce() throws Exception {
        var writer = GroupWriter.create(log);
        var followed = new ArrayList<Disposable>();
        for (int i = 0; i < 100; i++) {
            followed.add(log.follow(GroupWriter.create(log).group()).subscribe(_ -> {}, _ -> {}));
        }
        var process = REDIS.process();
        signal("STOP", process);
        try {
            var hanging = writer.twin(log);
            assertThatThrownBy(() -> hanging.append(List.of(hanging.application("in the dark"))))
                    .isInstanceOfSatisfying(
                            LogUnavailableException.class,
                            e -> assertThat(e.effect()).isEqualTo(CallEffect.UNKNOWN));
            assertNotReady("redis-answers", "overdue");
            assertNotExecuted(writer.twin(log), FailureCause.STALLED);
        } finally {
            signal("CONT", process);
        }
        assertReady();
        followed.forEach(Disposable::dispose);
    }

    @Test
    void whatIsInFlightIsBoundedInCountAndBytes() throws Exception {
        var settings = TestRedis.SETTINGS.withInFlightMax(8, 1_000);
        try (var narrow = RedisConnections.open(REDIS.uri(), settings)) {
            var process = REDIS.process();
            signal("STOP", process);
            var failures = new CopyOnWriteArrayList<FailureCause>();
            try {
                for (int i = 0; i < 12; i++) {
                    subscribe(narrow.queries().send(c -> c.get(Script.ascii("x"))), failures);
                    subscribe(narrow.blobs().send(600, c -> c.get(Script.ascii("x"))), failures);
                }
                assertThat(failures).hasSize(12 - 3 + 12 - 1).containsOnly(FailureCause.OVERLOADED);
            } finally {
                signal("CONT", process);
            }
        }
    }

    private static void subscribe(Mono<byte[]> asked, List<FailureCause> failures) {
        asked.subscribe(
                _ -> {},
                e -> failures.add(RedisUnavailableException.in(e).orElseThrow().failureCause()));
    }

    /// Bug: another client created the group again and owned it, and readiness reported nothing.
    @Test
    void aStoreThatWasEmptiedTakesNoNewGroupsAndIsNotReady() throws Exception {
        DeploymentGuard.check(node, TestRedis.KEYS);
        var writer = GroupWriter.create(log);
        assertReady();

        REDIS.ask("FLUSHALL");

        var created =
                log.create(
                        writer.group(), GroupWriter.newGroup(writer.group(), GroupRules.DEFAULT));
        assertThatThrownBy(() -> created.block(GroupWriter.PATIENCE))
                .isInstanceOfSatisfying(
                        LogUnavailableException.class,
                        e -> assertThat(e.effect()).isEqualTo(CallEffect.NOT_EXECUTED));
        assertNotReady("redis-verified", "lost this deployment's data");

        // A node that starts now must not make the empty store valid.
        try (var next = RedisConnections.open(REDIS.uri(), TestRedis.SETTINGS)) {
            assertThatThrownBy(() -> DeploymentGuard.check(next, TestRedis.KEYS))
                    .hasMessageContaining("other node(s) remember a store with data");
        }
        assertThat(REDIS.ask("GET", "ls:deployment")).containsExactly("");
    }

    @Test
    void anEmptyStoreThatNobodyRemembersIsTakenIntoUse() throws Exception {
        REDIS.ask("FLUSHALL");
        try (var first = RedisConnections.open(REDIS.uri(), TestRedis.SETTINGS);
                var second = RedisConnections.open(REDIS.uri(), TestRedis.SETTINGS)) {
            DeploymentGuard.check(first, TestRedis.KEYS);
            DeploymentGuard.check(second, TestRedis.KEYS);
            assertThat(first.store()).isPresent();
            assertThat(second.store())
                    .hasValueSatisfying(
                            id -> assertThat(id).isEqualTo(first.store().orElseThrow()));
        }
    }

    private static void signal(String signal, ProcessHandle process)
            throws IOException, InterruptedException {
        var kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }
}
