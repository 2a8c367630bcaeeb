package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import io.lockstep.log.AppendOutcome;
import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogNotice;
import io.lockstep.log.PartContent;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.auth.RedisRevocationStore;
import io.lockstep.redis.directory.RedisInboxStore;
import io.lockstep.redis.directory.RedisKeyPackageStore;
import io.lockstep.redis.log.RedisBlobStore;
import io.lockstep.redis.log.RedisGroupLog;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

/// What an attacker finds who has Redis but not the deployment key.
class NoNamesIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final ClientId BOB = new ClientId("bobina", "grammophone");

    private static final Instant FAR = Instant.parse("2040-01-01T00:00:00Z");

    private static OfferedKeyPackage offer(Bytes ref, boolean lastResort, Bytes message) {
        return new OfferedKeyPackage(
                new StoredKeyPackage(BOB, ref, KeyPackageKind.ofSuite(1), lastResort, FAR, message),
                new Features(Set.of(0xf001), Set.of(), Set.of(1)));
    }

    @Test
    @DisplayName(
            "I8: no name of a user, device or group is in a key, a value or a file of the store")
    void noNameIsInTheClear() throws Exception {
        var log = REDIS.groupLog();
        var writer = GroupWriter.create(log, GroupRules.DEFAULT.withVoidAfter(2));
        writeGroup(log, writer);
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
        assertNoNamesInFiles(writer);
        REDIS.ask("BGREWRITEAOF");
        await().untilAsserted(() ->
                assertThat(REDIS.ask("INFO", "persistence").toString())
                        .contains("aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0"));
        assertNoNamesInFiles(writer);
    }

    /// Every kind of entry, with names in it as MLS puts them there: credentials in public commits
    /// and external joins, group ids in each message. The messages are opaque here.
    private static void writeGroup(RedisGroupLog log, GroupWriter writer) {
        var member = GroupWriter.member(BOB.toString());
        var change = new RosterDelta(Map.of(member, GroupWriter.owner(BOB.user())), Set.of());
        writer.append(
                writer.bundle(
                        text("a public commit", writer),
                        change,
                        mention("welcome", writer),
                        mention("group info", writer)));
        writer.append(
                writer.naming(
                        text("adds", writer),
                        Optional.of(new PartContent.Inline(mention("names", writer)))));
        writer.append(
                writer.provisional(
                        "alice",
                        text("an external join", writer),
                        RosterDelta.NONE,
                        mention("welcome", writer),
                        mention("group info", writer)),
                writer.application(text("a message", writer)),
                writer.proposal(text("a proposal", writer)));
        writer.append(
                writer.rejecting(
                        writer.logPosition().position() - 2,
                        "carol",
                        "cannot read " + BOB + " in " + name(writer)));
        var late = writer.twin(log);
        var lost = List.of(late.application(text("a message that comes late", writer)));
        writer.append(writer.commit(text("a commit", writer)));
        assertThat(
                        log.append(late.group(), late.positionBefore(lost), lost)
                                .block(GroupWriter.PATIENCE))
                .isInstanceOf(AppendOutcome.TailMismatch.class);
        var content = mention("a long commit", writer);
        new RedisBlobStore(REDIS.connect(), TestRedis.KEY)
                .put(writer.group(), content.sha256(), content, BlobStore.UNREFERENCED)
                .block(GroupWriter.PATIENCE);
        writer.append(writer.referring(new BlobReference(content.sha256(), content.size())));
        writer.append(writer.leaving(BOB.toString()));
        var successor = new GroupId(mention("successor", writer));
        writer.append(writer.reinitializing(successor));
        log.relay(new LogNotice.EphemeralMessage(writer.group(), 0, 1, mention("typing", writer)))
                .block(GroupWriter.PATIENCE);
    }

    private static void assertNoNamesInFiles(GroupWriter writer) throws IOException {
        try (var files = Files.walk(REDIS.folder())) {
            var all = files.filter(Files::isRegularFile).toList();
            assertThat(all).hasSizeGreaterThan(2);
            for (var file : all) {
                var content = latin(Files.readAllBytes(file));
                for (var name :
                        List.of(
                                BOB.user(),
                                BOB.device(),
                                name(writer),
                                hex(BOB.user()),
                                writer.group().bytes().hex())) {
                    assertThat(content.contains(name)).as("%s in %s", name, file).isFalse();
                }
            }
        }
    }

    private static Bytes mention(String what, GroupWriter writer) {
        return GroupWriter.text(text(what, writer));
    }

    private static String text(String what, GroupWriter writer) {
        return what + " for " + BOB + " in " + name(writer);
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
