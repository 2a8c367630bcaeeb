package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lockstep.log.GroupWriter;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// A deployment key is replaced by another one (invariant I8).
class KeyRotationIT {
    private static final DeploymentKey OLD = key("11");
    private static final DeploymentKey NEW = key("22");
    private static final DeploymentKeys OLD_ALONE = DeploymentKeys.of(OLD);
    private static final DeploymentKeys BOTH = new DeploymentKeys(List.of(NEW, OLD));
    private static final DeploymentKeys NEW_ALONE = DeploymentKeys.of(NEW);

    private final TestRedis redis = new TestRedis();

    @AfterEach
    void close() throws Exception {
        redis.close();
    }

    private static DeploymentKey key(String digits) {
        return DeploymentKey.of(Bytes.ofHex(digits.repeat(DeploymentKey.BYTES)));
    }

    @Test
    @DisplayName("after the search no value needs the old key, and everything is read without it")
    void allValuesAreSealedUnderTheNewKey() throws Exception {
        var connections = redis.connect();
        var filled =
                FilledStore.fill(redis, connections, DeploymentGuard.check(connections, OLD_ALONE));
        assertThat(valuesUnder(OLD)).isPositive();
        assertEveryPlaceIsUsed();

        var both = DeploymentGuard.check(redis.connect(), BOTH);
        filled.assertReadable(redis, connections, both);
        assertThatThrownBy(() -> DeploymentGuard.check(redis.connect(), NEW_ALONE))
                .hasMessageContaining("which the key file lacks");
        // Two nodes at a time.
        rewrap(BOTH);
        rewrap(BOTH);

        await().atMost(GroupWriter.PATIENCE)
                .untilAsserted(() ->
                        assertThat(redis.ask("HKEYS", "ls:sealing-keys"))
                                .containsExactly(NEW.id().hex()));
        assertThat(valuesUnder(OLD)).isZero();
        assertThat(valuesUnder(NEW)).isPositive();
        var alone = DeploymentGuard.check(redis.connect(), NEW_ALONE);
        filled.assertReadable(redis, redis.connect(), alone);
        assertThat(alone.derive("group-key")).isEqualTo(both.derive("group-key"));
    }

    @Test
    void aNodeThatLacksAKeyThatValuesNeedDoesNotStart() {
        var connections = redis.connect();
        DeploymentGuard.check(connections, OLD_ALONE);
        DeploymentGuard.check(connections, new DeploymentKeys(List.of(OLD, NEW)));
        DeploymentGuard.check(connections, BOTH);

        // The keyring is under the old key, too, so take a node that has another one.
        var lacking = new DeploymentKeys(List.of(OLD, key("33")));
        assertThatThrownBy(() -> DeploymentGuard.check(connections, lacking))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(NEW.id().hex())
                .hasMessageContaining("which the key file lacks");
    }

    @Test
    @DisplayName("a store without a keyring keeps its names, and the key of its names is found")
    void namesOfAnEarlierReleaseStay() throws Exception {
        var connections = redis.connect();
        redis.ask("SET", "ls:store", "abc");
        redis.ask("SET", "ls:deployment", fingerprint(OLD) + " layout 2");

        assertThatThrownBy(() -> DeploymentGuard.check(connections, NEW_ALONE))
                .hasMessageContaining("another deployment key");
        var keyring = DeploymentGuard.check(connections, BOTH);

        for (var purpose : List.of("group-key", "client-key", "ref-key", "member", "sender")) {
            assertThat(keyring.derive(purpose)).isEqualTo(OLD.derive(purpose));
        }
        assertThat(redis.ask("GET", "ls:deployment"))
                .containsExactly(fingerprint(OLD) + " layout 3");
        assertThat(redis.ask("HKEYS", "ls:sealing-keys"))
                .containsExactlyInAnyOrder(OLD.id().hex(), NEW.id().hex());
    }

    /// As releases with layout 2 made it.
    private static String fingerprint(DeploymentKey key) {
        var name = "lockstep".getBytes(StandardCharsets.US_ASCII);
        return DeploymentKey.hmac(key.derive("fingerprint"), name).slice(0, 8).hex();
    }

    private void rewrap(DeploymentKeys keys) {
        redis.keep(
                new ValueRewrapper(
                        redis.connect(),
                        keys,
                        redis.keep(new Worker()).scheduler(),
                        new SimpleMeterRegistry(),
                        Duration.ZERO));
    }

    private record Worker(Scheduler scheduler) implements AutoCloseable {
        Worker() {
            this(Schedulers.newSingle("rewrapper", true));
        }

        @Override
        public void close() {
            scheduler.dispose();
        }
    }

    private void assertEveryPlaceIsUsed() {
        var names = keys().stream().map(KeyRotationIT::latin).toList();
        for (var place : SealedPlace.ALL) {
            assertThat(names).as(place.keys().toString()).anyMatch(place::has);
        }
    }

    /// The number of keys whose dump contains the header of a value under this deployment key.
    private long valuesUnder(DeploymentKey key) throws IOException {
        redis.ask("CONFIG", "SET", "rdbcompression", "no");
        var header = latin(new ValueSealer(DeploymentKeys.of(key)).currentHeader());
        var line = redis.connect().queries();
        return keys().stream()
                .map(name -> line.send(c -> c.dump(name)).blockOptional(GroupWriter.PATIENCE))
                .filter(dump -> dump.filter(bytes -> latin(bytes).contains(header)).isPresent())
                .count();
    }

    private List<byte[]> keys() {
        var cursor =
                redis.connect()
                        .queries()
                        .<KeyScanCursor<byte[]>>send(c -> c.scan(ScanArgs.Builder.limit(100_000)))
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();
        assertThat(cursor.isFinished()).isTrue();
        return cursor.getKeys();
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
