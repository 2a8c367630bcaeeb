package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.Features;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.auth.RedisRevocationStore;
import io.lockstep.redis.directory.RedisInboxStore;
import io.lockstep.redis.directory.RedisKeyPackageStore;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

/// What an attacker finds who has Redis but not the deployment key.
class NoNamesIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final ClientId BOB = new ClientId("bobina", "telephone");

    private static final Instant FAR = Instant.parse("2040-01-01T00:00:00Z");

    private static OfferedKeyPackage offer(Bytes ref, boolean lastResort, Bytes message) {
        return new OfferedKeyPackage(
                new StoredKeyPackage(BOB, ref, KeyPackageKind.ofSuite(1), lastResort, FAR, message),
                new Features(Set.of(0xf001), Set.of(), Set.of(1)));
    }

    @Test
    @DisplayName(
            "I8: no name of a user, device or group is in a key, a roster, an inbox, a KeyPackage"
                    + " or anything but the messages")
    void noNameIsInTheClear() throws Exception {
        var log = REDIS.groupLog();
        var writer = GroupWriter.create(log);
        var member = GroupWriter.member(BOB.toString());
        var change = new RosterDelta(Map.of(member, GroupWriter.owner(BOB.user())), Set.of());
        // The messages themselves are opaque here; MLS puts the group's id into them.
        writer.append(
                writer.bundle(
                        "a commit",
                        change,
                        mention("welcome", writer),
                        mention("group info", writer)));
        var connections = REDIS.connect();
        var ref = Bytes.EMPTY.sha256();
        var keyPackages = new RedisKeyPackageStore(connections, TestRedis.KEY);
        keyPackages
                .publish(
                        PublishRequest.of(
                                BOB,
                                List.of(
                                        offer(ref, false, mention("key package", writer)),
                                        offer(ref.sha256(), true, mention("last", writer))),
                                false,
                                10))
                .block(GroupWriter.PATIENCE);
        keyPackages
                .claimPolicy(
                        BOB.user(), new ClaimPolicy(ClaimPolicy.Allow.LISTED, Set.of(BOB.user())))
                .block(GroupWriter.PATIENCE);
        var item =
                new InboxItem(
                        ref.slice(0, 16),
                        writer.group(),
                        writer.logPosition(),
                        1,
                        ref,
                        mention("cut", writer));
        new RedisInboxStore(connections, TestRedis.KEY)
                .file(mention("sender", writer), Map.of(BOB, List.of(item)))
                .block(GroupWriter.PATIENCE);
        try (var revocations =
                new RedisRevocationStore(connections, TestRedis.KEY, Schedulers.parallel())) {
            revocations.revoke(new Revocation(BOB, FAR), true).block(GroupWriter.PATIENCE);
        }

        var everything = everything(connections.queries());
        assertThat(everything).hasSizeGreaterThan(10);
        for (var value : everything) {
            assertThat(value)
                    .doesNotContain(BOB.user(), BOB.device(), name(writer))
                    .doesNotContain(writer.group().bytes().hex(), hex(BOB.user()));
        }
        // The append-only file contains the commands as they were sent.
        try (var files = Files.walk(REDIS.folder().resolve("appendonlydir"))) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                assertThat(latin(Files.readAllBytes(file)))
                        .doesNotContain(BOB.user(), BOB.device(), name(writer));
            }
        }
    }

    @Test
    void dataUnderAnotherDeploymentKeyIsRefused() {
        var connections = REDIS.connect();
        DeploymentGuard.check(connections, TestRedis.KEY);
        DeploymentGuard.check(connections, TestRedis.KEY);
        var other = DeploymentKey.of(Bytes.ofHex("11".repeat(DeploymentKey.BYTES)));

        assertThatThrownBy(() -> DeploymentGuard.check(connections, other))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another deployment key");
    }

    private static Bytes mention(String what, GroupWriter writer) {
        return GroupWriter.text(what + " for " + BOB + " in " + name(writer));
    }

    private static String name(GroupWriter writer) {
        return latin(writer.group().bytes().toArray());
    }

    /// All keys, and every value as Redis dumps it.
    private static List<String> everything(PipelinedConnection line) {
        var found = new ArrayList<String>();
        // A compressed dump would hide its content.
        line.send(commands -> commands.configSet("rdbcompression", "no"))
                .block(GroupWriter.PATIENCE);
        var scan =
                line.<KeyScanCursor<byte[]>>send(
                        commands -> commands.scan(ScanArgs.Builder.limit(10_000)));
        var cursor = scan.blockOptional(GroupWriter.PATIENCE).orElseThrow();
        assertThat(cursor.isFinished()).isTrue();
        for (var key : cursor.getKeys()) {
            found.add(latin(key));
            var dump =
                    line.send(commands -> commands.dump(key)).blockOptional(GroupWriter.PATIENCE);
            found.add(latin(dump.orElseThrow()));
        }
        return found;
    }

    private static String hex(String text) {
        return GroupWriter.text(text).hex();
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
