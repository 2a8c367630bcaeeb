package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.directory.ClaimOutcome;
import io.lockstep.directory.ClaimPolicy;
import io.lockstep.directory.ClaimRequest;
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
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.PartContent;
import io.lockstep.log.ReadOutcome;
import io.lockstep.log.RosterDelta;
import io.lockstep.redis.auth.RedisRevocationStore;
import io.lockstep.redis.directory.RedisInboxStore;
import io.lockstep.redis.directory.RedisKeyPackageStore;
import io.lockstep.redis.log.RedisBlobStore;
import io.lockstep.redis.log.RedisGroupLog;
import io.lockstep.runtime.Keyring;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import reactor.core.scheduler.Schedulers;

/// A store with every kind of value that is sealed, each with names in it.
final class FilledStore {
    static final ClientId BOB = new ClientId("bobina", "grammophone");
    private static final Instant FAR = Instant.parse("2040-01-01T00:00:00Z");
    private static final Bytes REF = Bytes.EMPTY.sha256();

    private final GroupWriter writer;
    private final List<LogEntry> entries;
    private final Bytes blob;

    private FilledStore(GroupWriter writer, List<LogEntry> entries, Bytes blob) {
        this.writer = writer;
        this.entries = entries;
        this.blob = blob;
    }

    GroupWriter writer() {
        return writer;
    }

    static FilledStore fill(TestRedis redis, RedisConnections connections, Keyring keyring) {
        var log = log(redis, connections, keyring);
        var writer = GroupWriter.create(log, GroupRules.DEFAULT.withVoidAfter(2));
        var blob = mention("a long commit", writer);
        new RedisBlobStore(connections, keyring)
                .put(writer.group(), blob.sha256(), blob, BlobStore.UNREFERENCED)
                .block(GroupWriter.PATIENCE);
        writeGroup(log, writer, blob);
        writeDirectory(connections, keyring, writer);
        return new FilledStore(writer, entries(log, writer), blob);
    }

    private static RedisGroupLog log(
            TestRedis redis, RedisConnections connections, Keyring keyring) {
        return redis.keep(
                new RedisGroupLog(
                        connections, keyring, Schedulers.parallel(), InstantSource.system()));
    }

    private static void writeDirectory(
            RedisConnections connections, Keyring keyring, GroupWriter writer) {
        var keyPackages = new RedisKeyPackageStore(connections, keyring);
        keyPackages
                .publish(
                        PublishRequest.of(
                                BOB,
                                List.of(
                                        offer(REF, false, mention("key package", writer)),
                                        offer(REF.sha256(), true, mention("last", writer))),
                                false,
                                10))
                .block(GroupWriter.PATIENCE);
        keyPackages
                .claimPolicy(
                        BOB.user(), new ClaimPolicy(ClaimPolicy.Allow.LISTED, Set.of(BOB.user())))
                .block(GroupWriter.PATIENCE);
        var item =
                new InboxItem(
                        REF.slice(0, 16),
                        writer.group(),
                        writer.logPosition(),
                        1,
                        REF,
                        mention("cut", writer));
        new RedisInboxStore(connections, keyring)
                .file(mention("sender", writer), Map.of(BOB, List.of(item)))
                .block(GroupWriter.PATIENCE);
        try (var revocations =
                new RedisRevocationStore(connections, keyring, Schedulers.parallel())) {
            revocations.revoke(new Revocation(BOB, FAR), true).block(GroupWriter.PATIENCE);
        }
    }

    private static OfferedKeyPackage offer(Bytes ref, boolean lastResort, Bytes message) {
        return new OfferedKeyPackage(
                new StoredKeyPackage(BOB, ref, KeyPackageKind.ofSuite(1), lastResort, FAR, message),
                new Features(Set.of(0xf001), Set.of(), Set.of(1)));
    }

    /// Every kind of entry, with names in it as MLS puts them there: credentials in public commits
    /// and external joins, group ids in each message. The messages are opaque here.
    private static void writeGroup(RedisGroupLog log, GroupWriter writer, Bytes blob) {
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
        writer.append(writer.referring(new BlobReference(blob.sha256(), blob.size())));
        writer.append(writer.leaving(BOB.toString()));
        var successor = new GroupId(mention("successor", writer));
        writer.append(writer.reinitializing(successor));
        log.relay(new LogNotice.EphemeralMessage(writer.group(), 0, 1, mention("typing", writer)))
                .block(GroupWriter.PATIENCE);
    }

    /// Fails if a value differs, or is not readable. Uses up nothing but a KeyPackage.
    void assertReadable(TestRedis redis, RedisConnections connections, Keyring keyring) {
        var log = log(redis, connections, keyring);
        var group = writer.group();
        assertThat(entries(log, writer)).isEqualTo(entries);
        assertThat(log.load(group, 64).blockOptional(GroupWriter.PATIENCE))
                .hasValueSatisfying(snapshot ->
                        assertThat(snapshot.tail().position()).isEqualTo(entries.size()));
        assertThat(log.groupInfo(group).blockOptional(GroupWriter.PATIENCE).orElseThrow())
                .isPresent();
        assertThat(log.pendingWelcomes(group).blockOptional(GroupWriter.PATIENCE).orElseThrow())
                .hasSize(2);
        assertThat(
                        new RedisBlobStore(connections, keyring)
                                .get(group, blob.sha256())
                                .block(GroupWriter.PATIENCE))
                .isEqualTo(blob);
        var keyPackages = new RedisKeyPackageStore(connections, keyring);
        assertThat(keyPackages.devices(BOB.user()).block(GroupWriter.PATIENCE))
                .containsExactly(BOB.device());
        assertThat(keyPackages.owners(List.of(REF)).block(GroupWriter.PATIENCE))
                .isEqualTo(Map.of(REF, BOB));
        assertThat(keyPackages.claimPolicy(BOB.user()).block(GroupWriter.PATIENCE))
                .isEqualTo(new ClaimPolicy(ClaimPolicy.Allow.LISTED, Set.of(BOB.user())));
        var request = new ClaimRequest(List.of(1), List.of(1), Features.NONE);
        assertThat(keyPackages.claim(BOB, request, true).block(GroupWriter.PATIENCE))
                .isInstanceOf(ClaimOutcome.KeyPackageFound.class);
        var page = new RedisInboxStore(connections, keyring).page(BOB, 0);
        assertThat(page.blockOptional(GroupWriter.PATIENCE).orElseThrow().items()).hasSize(1);
    }

    private static List<LogEntry> entries(RedisGroupLog log, GroupWriter writer) {
        var read = log.read(writer.group(), 0, 1_000, 10_000_000);
        return ((ReadOutcome.Entries) read.blockOptional(GroupWriter.PATIENCE).orElseThrow())
                .entries();
    }

    private static Bytes mention(String what, GroupWriter writer) {
        return GroupWriter.text(text(what, writer));
    }

    private static String text(String what, GroupWriter writer) {
        return what + " for " + BOB + " in " + name(writer);
    }

    static String name(GroupWriter writer) {
        return new String(writer.group().bytes().toArray(), StandardCharsets.ISO_8859_1);
    }
}
