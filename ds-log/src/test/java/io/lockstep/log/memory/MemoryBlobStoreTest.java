package io.lockstep.log.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.BlobStoreContract;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.NewGroup;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MemoryBlobStoreTest implements BlobStoreContract {
    private Duration later = Duration.ZERO;
    private final MemoryBlobStore blobs =
            new MemoryBlobStore(() -> Instant.now().plus(later), QUOTA);
    private final MemoryGroupLog log = new MemoryGroupLog(blobs);

    @Override
    public GroupLog log() {
        return log;
    }

    @Override
    public BlobStore blobs() {
        return blobs;
    }

    @Test
    void aNewGroupsTreeDoesNotExpireEither() {
        var group = GroupWriter.freshGroup();
        var tree = put(group, 80);
        var plain = GroupWriter.newGroup(group, GroupRules.DEFAULT);
        log.create(
                        group,
                        new NewGroup(
                                plain.incarnation(),
                                0,
                                plain.policy(),
                                plain.creator(),
                                plain.creatorOwner(),
                                GroupWriter.text("info"),
                                Optional.of(tree)))
                .block();
        later = Duration.ofDays(400);
        assertThat(isThere(group, tree)).isTrue();
    }

    @Test
    void blobsForExternalJoinersDoNotExpireUntilACommitReplacesThem() {
        var writer = GroupWriter.create(log);
        var group = writer.group();
        var first = put(group, 81);
        var tree = put(group, 82);
        writer.append(
                writer.referring(first, Optional.empty(), Optional.of(first), Optional.of(tree)));
        later = Duration.ofDays(400);
        assertThat(isThere(group, tree)).isTrue();

        var message = put(group, 83);
        var info = put(group, 84);
        writer.append(
                writer.referring(message, Optional.empty(), Optional.of(info), Optional.empty()));
        later = Duration.ofDays(800);
        assertThat(isThere(group, info)).isTrue();
        assertThat(isThere(group, message)).isFalse();
        assertThat(isThere(group, tree)).isFalse();
    }

    /// The batch of a policy change may contain messages that follow it.
    // PROTOCOL R-REF-7 R-POLICY-3
    @Test
    void aMessageLivesByThePolicyOfItsOwnBatch() {
        var writer = GroupWriter.create(log, GroupRules.DEFAULT.withRetention(Duration.ofHours(5)));
        var message = put(writer.group(), 85);
        writer.append(
                List.of(
                        writer.policy(GroupRules.DEFAULT.withRetention(Duration.ofDays(60))),
                        writer.referring(message)));

        later = Duration.ofDays(60);
        assertThat(isThere(writer.group(), message)).isTrue();
    }

    private BlobReference put(GroupId group, int size) {
        var content = BlobStoreContract.bytes(size);
        blobs.put(group, content.sha256(), content, BlobStore.UNREFERENCED).block();
        return BlobStoreContract.reference(content);
    }

    private boolean isThere(GroupId group, BlobReference blob) {
        return blobs.get(group, blob.sha256()).blockOptional().isPresent();
    }
}
