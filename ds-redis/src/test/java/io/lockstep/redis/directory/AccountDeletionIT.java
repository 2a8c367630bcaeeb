package io.lockstep.redis.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.DeviceService;
import io.lockstep.directory.Features;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.log.LogPosition;
import io.lockstep.redis.TestRedis;
import io.lockstep.redis.auth.RedisRevocationStore;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

/// What the deletion of an account leaves in Redis, as a scan of all keys finds it.
class AccountDeletionIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ClientId PHONE = new ClientId("alice", "phone");
    private static final ClientId LAPTOP = new ClientId("alice", "laptop");
    private static final ClientId LOST = new ClientId("alice", "lost");
    private static final ClientId OTHER = new ClientId("bob", "phone");

    private final RedisKeyPackageStore keyPackages =
            new RedisKeyPackageStore(REDIS.connect(), TestRedis.KEY);
    private final RedisInboxStore inboxes = new RedisInboxStore(REDIS.connect(), TestRedis.KEY);
    private final RedisRevocationStore revocations =
            REDIS.keep(
                    new RedisRevocationStore(
                            REDIS.connect(), TestRedis.KEY, Schedulers.parallel()));
    private final DeviceService devices =
            new DeviceService(revocations, keyPackages, inboxes, InstantSource.system());

    @Test
    void ofADeletedAccountOnlyItsRevokedDevicesAreLeft() {
        publish(OTHER, 3);
        var before = keys();
        publish(PHONE, 300);
        publish(LAPTOP, 3);
        publish(LOST, 3);
        keyPackages
                .claimPolicy("alice", new ClaimPolicy(ClaimPolicy.Allow.NOBODY, Set.of()))
                .block(PATIENCE);
        inboxes.file(
                        text("sender"),
                        Map.of(
                                PHONE,
                                List.of(mail("one"), mail("two")),
                                LAPTOP,
                                List.of(mail("one"))))
                .block(PATIENCE);
        assertThat(keys()).hasSizeGreaterThan(before.size() + 306);

        devices.deleteAccount(PHONE).block(PATIENCE);
        assertThat(keys()).isEqualTo(before);

        publish(LOST, 3);
        revocations.revoke(new Revocation(LOST, Instant.now()), true).block(PATIENCE);
        keyPackages.removeDevice(LOST).block(PATIENCE);
        devices.deleteAccount(PHONE).block(PATIENCE);

        var left = keys();
        left.removeAll(before);
        assertThat(left)
                .allMatch(key -> key.endsWith(":revoked") || key.equals("ls:revocations"))
                .hasSize(2);
    }

    private void publish(ClientId owner, int count) {
        var offers = new ArrayList<OfferedKeyPackage>();
        for (int i = 0; i < count; i++) {
            var bytes = text(owner + " " + i);
            offers.add(
                    new OfferedKeyPackage(
                            new StoredKeyPackage(
                                    owner,
                                    bytes.sha256(),
                                    KeyPackageKind.ofSuite(1),
                                    i == 0,
                                    Instant.now().plus(Duration.ofDays(9)),
                                    bytes),
                            Features.NONE));
        }
        keyPackages.publish(PublishRequest.of(owner, offers, false, 1_000)).block(PATIENCE);
    }

    private static InboxItem mail(String name) {
        var hash = text(name).sha256();
        return new InboxItem(
                hash.slice(0, 16),
                new GroupId(text("group of " + name)),
                new LogPosition(hash.slice(16, 16), 7, hash),
                3,
                text("ref of " + name).sha256(),
                text("welcome " + name));
    }

    private static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Set<String> keys() {
        var client = RedisClient.create(REDIS.uri());
        try {
            var keys = new TreeSet<String>();
            ScanIterator.scan(client.connect().sync(), ScanArgs.Builder.limit(1_000))
                    .forEachRemaining(keys::add);
            // What the user owes for its uploads goes by itself, when it is paid.
            keys.removeIf(key -> key.endsWith(":uploads"));
            return keys;
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }
}
