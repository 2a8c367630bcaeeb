package io.lockstep.redis.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.directory.KeyPackageStoreContract;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.redis.KeyTable;
import io.lockstep.redis.TestRedis;
import io.lockstep.redis.auth.RedisRevocationStore;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

class RedisKeyPackageStoreIT implements KeyPackageStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final AtomicLong SHIFT_MILLIS = new AtomicLong();
    private static List<KeyPackageStore> nodes = List.of();
    private static RevocationStore revocations;

    @BeforeAll
    static void connect() {
        nodes =
                List.of(
                        new RedisKeyPackageStore(REDIS.connect(), TestRedis.KEY, SHIFT_MILLIS::get),
                        new RedisKeyPackageStore(
                                REDIS.connect(), TestRedis.KEY, SHIFT_MILLIS::get));
        revocations =
                REDIS.keep(
                        new RedisRevocationStore(
                                REDIS.connect(), TestRedis.KEY, Schedulers.parallel()));
    }

    @AfterAll
    static void everyKeyIsInTheTable() throws IOException {
        KeyTable.assertDescribes(REDIS);
    }

    @AfterEach
    void backToTheTime() {
        SHIFT_MILLIS.set(0);
    }

    /// Bug: each ref that was offered was a key for up to 100 days.
    @Test
    void whatWasNotShelvedIsForgottenInMinutes() throws IOException {
        var owner = new ClientId("marks", "phone");
        var expires = Instant.now().plus(Duration.ofDays(90));
        var offers = new ArrayList<OfferedKeyPackage>();
        for (int i = 0; i < 200; i++) {
            var body = Bytes.wrap(("body " + i).getBytes(StandardCharsets.UTF_8));
            offers.add(
                    new OfferedKeyPackage(
                            new StoredKeyPackage(
                                    owner,
                                    body.sha256(),
                                    KeyPackageKind.ofVersion(2),
                                    false,
                                    expires,
                                    body),
                            Features.NONE));
        }
        for (int again = 0; again < 2; again++) {
            nodes.getFirst().publish(PublishRequest.of(owner, offers, false, 3)).block(PATIENCE);
            for (int i = 0; i < offers.size(); i++) {
                long left = lifeMillis(offers.get(i).keyPackage().ref());
                if (i < 3) {
                    assertThat(left).isGreaterThan(Duration.ofDays(89).toMillis());
                } else {
                    assertThat(left)
                            .isPositive()
                            .isLessThanOrEqualTo(RedisKeyPackageStore.RESERVED.toMillis());
                }
            }
        }
    }

    /// A call may fail after it stored a KeyPackage and before it kept the ref.
    @Test
    void theSameCallAgainKeepsARefThatLapsed() throws IOException {
        var owner = new ClientId("crash", "phone");
        var body = Bytes.wrap("crash".getBytes(StandardCharsets.UTF_8));
        var keyPackage =
                new StoredKeyPackage(
                        owner,
                        body.sha256(),
                        KeyPackageKind.ofSuite(1),
                        false,
                        Instant.now().plus(Duration.ofDays(90)),
                        body);
        var publication =
                PublishRequest.of(
                        owner, List.of(new OfferedKeyPackage(keyPackage, Features.NONE)), false, 3);
        nodes.getFirst().publish(publication).block(PATIENCE);
        REDIS.ask("DEL", key(keyPackage.ref()));

        assertThat(nodes.getFirst().publish(publication).block(PATIENCE))
                .containsExactly(KeyPackageStore.PublishStatus.DUPLICATE);
        assertThat(lifeMillis(keyPackage.ref())).isGreaterThan(Duration.ofDays(89).toMillis());
        assertThat(nodes.getFirst().owners(List.of(keyPackage.ref())).block(PATIENCE))
                .isEqualTo(Map.of(keyPackage.ref(), owner));
    }

    // PROTOCOL R-KP-19
    @Test
    void anInitKeyIsForgottenWithItsKeyPackage() throws IOException {
        var owner = new ClientId("init-keys", "phone");
        var soon = offer(owner, "soon", "key", Duration.ofHours(1));
        var again = offer(owner, "again", "key", Duration.ofDays(1));
        var all = List.of(soon, offer(owner, "other", "another key", Duration.ofDays(1)));
        nodes.getFirst().publish(PublishRequest.of(owner, all, false, 10)).block(PATIENCE);
        assertThat(REDIS.ask("ZCARD", initKeys(owner))).containsExactly("2");
        later(Duration.ofHours(2));
        assertThat(
                        nodes.getFirst()
                                .publish(PublishRequest.of(owner, List.of(again), false, 10))
                                .block(PATIENCE))
                .containsExactly(KeyPackageStore.PublishStatus.STORED);
        assertThat(REDIS.ask("ZCARD", initKeys(owner))).containsExactly("2");
        long left = Long.parseLong(REDIS.ask("PTTL", initKeys(owner)).getFirst());
        assertThat(left).isBetween(1L, Duration.ofDays(1).toMillis() + 1_000);
    }

    private static OfferedKeyPackage offer(
            ClientId owner, String name, String initKey, Duration life) {
        var body = Bytes.wrap(name.getBytes(StandardCharsets.UTF_8));
        return new OfferedKeyPackage(
                new StoredKeyPackage(
                        owner,
                        body.sha256(),
                        KeyPackageKind.ofSuite(1),
                        false,
                        Instant.now().plus(life),
                        body),
                Features.NONE,
                Bytes.wrap(initKey.getBytes(StandardCharsets.UTF_8)));
    }

    private static String initKeys(ClientId owner) {
        return new String(
                new ClientRedisKeys(TestRedis.KEY).keyPackages(owner)[7],
                StandardCharsets.US_ASCII);
    }

    /// Bug: each name was a script of its own.
    @Test
    void manyNamesAreAskedForWithFewCommands() throws IOException {
        var names = new ArrayList<ClientId>();
        for (int i = 0; i < 20_000; i++) {
            names.add(new ClientId("named" + i, "phone"));
        }
        for (int i = 0; i < 2_000; i++) {
            names.add(new ClientId("named0", "phone" + i));
        }
        revocations.revoke(new Revocation(names.getFirst(), Instant.now()), true).block(PATIENCE);
        long before = commands();
        assertThat(nodes.getFirst().gone(names).block(PATIENCE)).containsExactly(names.getFirst());
        // 79 batches of users, 16 to find the one, 8 scripts; and what nodes ask of Redis all the
        // time.
        assertThat(commands() - before).isLessThan(600);
    }

    private static long commands() throws IOException {
        for (var line : String.join("\n", REDIS.ask("INFO", "stats")).lines().toList()) {
            if (line.startsWith("total_commands_processed:")) {
                return Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        throw new IllegalStateException("Redis does not tell");
    }

    private static String key(Bytes ref) {
        return new String(new ClientRedisKeys(TestRedis.KEY).ref(ref), StandardCharsets.US_ASCII);
    }

    private static long lifeMillis(Bytes ref) throws IOException {
        return Long.parseLong(REDIS.ask("PTTL", key(ref)).getFirst());
    }

    @Override
    public List<KeyPackageStore> nodes() {
        return nodes;
    }

    @Override
    public RevocationStore revocations() {
        return revocations;
    }

    @Override
    public void later(Duration time) {
        SHIFT_MILLIS.addAndGet(time.toMillis());
    }
}
