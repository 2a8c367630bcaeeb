package io.lockstep.redis.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.BlobStoreContract;
import io.lockstep.log.GroupInfoOutcome;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.redis.KeyTable;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisBlobStoreIT implements BlobStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static RedisConnections connections;
    private static RedisGroupLog log;
    private static RedisBlobStore blobs;

    @BeforeAll
    static void connect() {
        connections = REDIS.connect();
        log = REDIS.groupLog();
        blobs = new RedisBlobStore(connections, TestRedis.KEY, QUOTA);
    }

    @AfterAll
    static void everyKeyIsInTheTable() throws IOException {
        KeyTable.assertDescribes(REDIS);
    }

    @Override
    public GroupLog log() {
        return log;
    }

    @Override
    public BlobStore blobs() {
        return blobs;
    }

    // PROTOCOL R-REF-7 R-JOIN-9
    @Test
    void aReferredMessageLivesAsLongAsItsEntryAndWhatAJoinerNeedsAsLongAsMail() {
        var retention = Duration.ofHours(5);
        var policy = GroupRules.DEFAULT.withRetention(retention);
        var writer = GroupWriter.create(log, policy);
        var message = put(writer, 70);
        var tree = put(writer, 71);
        var unreferenced = put(writer, 72);

        writer.append(
                writer.referring(message, Optional.empty(), Optional.empty(), Optional.of(tree)));

        assertLives(writer, message, retention.plus(BlobStore.SLACK));
        assertLives(writer, tree, BlobStore.PARTS_MIN);
        assertLives(writer, unreferenced, BlobStore.UNREFERENCED);
    }

    /// The batch of a policy change may contain messages that follow it.
    // PROTOCOL R-REF-7 R-POLICY-3
    @Test
    void aMessageLivesByThePolicyOfItsOwnBatch() {
        var longer = Duration.ofDays(60);
        var writer = GroupWriter.create(log, GroupRules.DEFAULT.withRetention(Duration.ofHours(5)));
        var message = put(writer, 73);

        writer.append(
                List.of(
                        writer.policy(GroupRules.DEFAULT.withRetention(longer)),
                        writer.referring(message)));

        assertLives(writer, message, longer.plus(BlobStore.SLACK));
    }

    /// Bug: they ended 31 days after the commit. In a group without activity for that long no
    /// client could join by itself.
    @Test
    void whatExternalJoinersNeedHasNoEndUntilAnotherGroupInfoReplacesIt() {
        var writer = GroupWriter.create(log);
        var message = put(writer, 80);
        var info = put(writer, 81);
        var tree = put(writer, 82);
        writer.append(
                writer.referring(message, Optional.empty(), Optional.of(info), Optional.of(tree)));
        assertEndless(writer, info);
        assertEndless(writer, tree);
        assertLives(writer, message, BlobStore.messageLife(GroupRules.DEFAULT));

        // Neither another upload nor another entry that refers to it ends it.
        put(writer, 82);
        writer.append(writer.referring(tree));
        assertEndless(writer, tree);

        var next = put(writer, 83);
        writer.append(
                writer.referring(next, Optional.empty(), Optional.of(info), Optional.empty()));
        assertEndless(writer, info);
        assertLives(writer, tree, BlobStore.partLife(GroupRules.DEFAULT));

        var last = put(writer, 84);
        writer.append(
                writer.referring(last, Optional.empty(), Optional.empty(), Optional.of(tree)));
        // Without a GroupInfo the stored one stays, and so does its blob.
        assertEndless(writer, info);
        assertLives(writer, tree, BlobStore.partLife(GroupRules.DEFAULT));
    }

    /// One node stores the GroupInfo, another replaces it without knowing its blobs.
    @Test
    void theBlobsOfAFiledGroupInfoHaveNoEndUntilAnotherReplacesIt() {
        var writer = GroupWriter.create(log);
        var info = put(writer, 85);
        var tree = put(writer, 86);
        file(writer, log, new StoredGroupInfo(0, info, Optional.of(tree)));
        assertEndless(writer, info);
        assertEndless(writer, tree);

        file(writer, REDIS.groupLog(), new StoredGroupInfo(0, info, Optional.empty()));
        assertEndless(writer, info);
        assertLives(writer, tree, BlobStore.partLife(GroupRules.DEFAULT));

        writer.append(writer.bundle("c", RosterDelta.NONE, Bytes.EMPTY, GroupWriter.text("info")));
        assertLives(writer, info, BlobStore.partLife(GroupRules.DEFAULT));
    }

    private static void file(GroupWriter writer, GroupLog node, StoredGroupInfo info) {
        assertThat(
                        node.fileGroupInfo(
                                        writer.group(), writer.logPosition().incarnation(), 0, info)
                                .block(GroupWriter.PATIENCE))
                .isEqualTo(new GroupInfoOutcome.Filed());
    }

    private static void assertEndless(GroupWriter writer, BlobReference blob) {
        assertThat(millisLeft(writer, blob)).isEqualTo(-1);
    }

    @Test
    @DisplayName(
            "I8: a blob lies in chunks that tell nothing, and goes by itself when its upload breaks off")
    void aBlobLiesSealedAndInChunks() {
        var writer = GroupWriter.create(log);
        var blob = put(writer, 2 * RedisBlobStore.CHUNK_BYTES + 1);

        var stored =
                connections
                        .queries()
                        .send(commands -> commands.hgetall(key(writer, blob)))
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();
        var fields = stored.keySet().stream().map(field -> new String(field, US_ASCII)).toList();
        assertThat(fields).containsExactlyInAnyOrder("0", "1", "2", "s");
        var first = BlobStoreContract.bytes((int) blob.size()).slice(0, 16).toArray();
        assertThat(stored.values()).noneMatch(value -> indexOf(value, first) >= 0);
    }

    @Test
    void halfABlobIsNoneAndIsMadeWholeByTheNextUpload() {
        var writer = GroupWriter.create(log);
        var blob = put(writer, RedisBlobStore.CHUNK_BYTES + 5);
        // The state after a crash between the first chunk and the last.
        connections
                .queries()
                .send(commands ->
                        commands.hdel(
                                key(writer, blob), "1".getBytes(US_ASCII), "s".getBytes(US_ASCII)))
                .block(GroupWriter.PATIENCE);
        assertThat(blobs.get(writer.group(), blob.sha256()).blockOptional(GroupWriter.PATIENCE))
                .isEmpty();

        put(writer, RedisBlobStore.CHUNK_BYTES + 5);
        assertThat(blobs.get(writer.group(), blob.sha256()).blockOptional(GroupWriter.PATIENCE))
                .isPresent();
    }

    private static int indexOf(byte[] value, byte[] part) {
        return new String(value, ISO_8859_1).indexOf(new String(part, ISO_8859_1));
    }

    private static BlobReference put(GroupWriter writer, int size) {
        var content = BlobStoreContract.bytes(size);
        blobs.put(writer.group(), content.sha256(), content, BlobStore.UNREFERENCED)
                .block(GroupWriter.PATIENCE);
        return BlobStoreContract.reference(content);
    }

    private static byte[] key(GroupWriter writer, BlobReference blob) {
        return new RedisKeyCache(TestRedis.KEY).of(writer.group()).blob(blob.sha256());
    }

    private static long millisLeft(GroupWriter writer, BlobReference blob) {
        return connections
                .queries()
                .send(commands -> commands.pttl(key(writer, blob)))
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private static void assertLives(GroupWriter writer, BlobReference blob, Duration life) {
        assertThat(millisLeft(writer, blob))
                .isBetween(life.minusSeconds(20).toMillis(), life.toMillis());
    }
}
