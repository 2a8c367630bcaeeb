package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The contract of every [BlobStore], alone and with the [GroupLog] that refers to its blobs.
public interface BlobStoreContract {
    /// The log whose entries refer to the blobs; the same for the whole of one test.
    GroupLog log();

    BlobStore blobs();

    /// The quota of [#blobs].
    BlobQuota QUOTA = new BlobQuota(8, 8L << 20, 12, 10L << 20);

    /// A life that ends soon.
    Duration BRIEF = Duration.ofMillis(30);

    @Test
    default void aBlobIsFoundByItsHashInItsGroupOnly() {
        var group = GroupWriter.freshGroup();
        var content = bytes(100);

        assertThat(put(group, content, BlobStore.UNREFERENCED)).isTrue();
        assertThat(put(group, content, BlobStore.UNREFERENCED)).isFalse();

        assertThat(get(group, content.sha256())).contains(content);
        assertThat(blobs().info(group, content.sha256()).block(GroupWriter.PATIENCE))
                .isEqualTo(new BlobInfo(100, OptionalLong.empty()));
        assertThat(get(GroupWriter.freshGroup(), content.sha256())).isEmpty();
        assertThat(get(group, bytes(101).sha256())).isEmpty();
        assertThat(blobs().info(group, bytes(101).sha256()).blockOptional(GroupWriter.PATIENCE))
                .isEmpty();
    }

    @Test
    default void blobsOfEverySizeComeBackWhole() {
        var group = GroupWriter.freshGroup();
        int chunk = 256 << 10;
        for (int size : new int[] {1, chunk - 1, chunk, chunk + 1, 3 * chunk, (3 << 20) + 17}) {
            var content = bytes(size);
            put(group, content, BlobStore.UNREFERENCED);
            assertThat(get(group, content.sha256()).equals(Optional.of(content)))
                    .as("%d bytes", size)
                    .isTrue();
            for (int from : new int[] {0, size / 2, size - 1}) {
                for (int length : new int[] {1, size / 2, size - from}) {
                    if (length > 0 && from + length <= size) {
                        assertPart(group, content, from, length);
                    }
                }
            }
        }
    }

    private void assertPart(GroupId group, Bytes content, int from, int length) {
        var part =
                blobs().part(group, content.sha256(), from, length)
                        .blockOptional(GroupWriter.PATIENCE);
        assertThat(part.equals(Optional.of(content.slice(from, length))))
                .as("%d of %d bytes from %d", length, content.size(), from)
                .isTrue();
    }

    @Test
    default void aPartOfAMissingBlobIsEmpty() {
        var part = blobs().part(GroupWriter.freshGroup(), bytes(100).sha256(), 0, 10);
        assertThat(part.blockOptional(GroupWriter.PATIENCE)).isEmpty();
    }

    // PROTOCOL R-BLOB-3
    @Test
    default void aBlobExpiresUnlessItIsPutAgainForLonger() {
        var group = GroupWriter.freshGroup();
        var brief = bytes(10);
        var kept = bytes(11);
        put(group, brief, BRIEF);
        put(group, kept, BRIEF);
        put(group, kept, BlobStore.UNREFERENCED);
        put(group, kept, BRIEF);

        await().until(() -> get(group, brief.sha256()).isEmpty());

        assertThat(get(group, kept.sha256())).contains(kept);
        assertThat(put(group, brief, BlobStore.UNREFERENCED)).isTrue();
    }

    @Test
    default void anAppendExtendsTheLivesOfItsBlobs() {
        var writer = GroupWriter.create(log());
        var message = bytes(20);
        var welcome = bytes(21);
        var info = bytes(22);
        var tree = bytes(23);
        var other = bytes(24);
        var names = bytes(26);
        for (var content : new Bytes[] {message, welcome, info, tree, other, names}) {
            put(writer.group(), content, Duration.ofMillis(300));
        }

        var bundle =
                writer.referring(
                        reference(message),
                        Optional.of(reference(welcome)),
                        Optional.of(reference(info)),
                        Optional.of(reference(tree)));
        assertThat(writer.append(bundle)).isInstanceOf(AppendOutcome.Succeeded.class);
        assertThat(writer.append(writer.naming("many", Optional.of(reference(names)))))
                .isInstanceOf(AppendOutcome.Succeeded.class);

        await().until(() -> get(writer.group(), other.sha256()).isEmpty());
        for (var content : new Bytes[] {message, welcome, info, tree, names}) {
            assertThat(get(writer.group(), content.sha256())).contains(content);
        }
        assertThat(blobs().info(writer.group(), names.sha256()).block(GroupWriter.PATIENCE))
                .isEqualTo(new BlobInfo(26, OptionalLong.of(2)));
    }

    @Test
    default void aBlobRemembersTheFirstEntryThatReferredToIt() {
        var writer = GroupWriter.create(log());
        var content = bytes(25);
        put(writer.group(), content, BlobStore.UNREFERENCED);

        writer.append(writer.application("first"));
        writer.append(writer.referring(reference(content)), writer.referring(reference(content)));
        put(writer.group(), content, BlobStore.UNREFERENCED);

        assertThat(blobs().info(writer.group(), content.sha256()).block(GroupWriter.PATIENCE))
                .isEqualTo(new BlobInfo(25, OptionalLong.of(2)));
    }

    @Test
    default void referencesOfAnEntryAreReadBackWithIt() {
        var writer = GroupWriter.create(log());
        var message = bytes(20);
        var welcome = bytes(21);
        var info = bytes(22);
        var tree = bytes(23);
        for (var content : new Bytes[] {message, welcome, info, tree}) {
            put(writer.group(), content, BlobStore.UNREFERENCED);
        }
        var bundle =
                writer.referring(
                        reference(message),
                        Optional.of(reference(welcome)),
                        Optional.of(reference(info)),
                        Optional.of(reference(tree)));
        writer.append(bundle);

        var snapshot =
                log().load(writer.group(), 10).blockOptional(GroupWriter.PATIENCE).orElseThrow();
        assertThat(snapshot.recent()).containsExactly(bundle.entry());
        assertThat(snapshot.recent().getFirst().voidedProposals()).containsExactly(1L, 300L);
        assertThat(log().read(writer.group(), 0, 10, 1 << 20).block(GroupWriter.PATIENCE))
                .isEqualTo(new ReadOutcome.Entries(snapshot.tail(), List.of(bundle.entry())));
        assertThat(log().pendingWelcomes(writer.group()).block(GroupWriter.PATIENCE))
                .containsExactly(
                        new PendingWelcome(
                                writer.logPosition(),
                                1,
                                reference(welcome),
                                Optional.of(reference(tree))));
        assertThat(
                        log().groupInfo(writer.group())
                                .blockOptional(GroupWriter.PATIENCE)
                                .orElseThrow())
                .contains(new StoredGroupInfo(1, reference(info), Optional.of(reference(tree))));
    }

    // PROTOCOL R-REF-7
    @Test
    default void aFiledGroupInfoExtendsTheLivesOfItsBlobsAndShowsThemToNoFormerMember() {
        var writer = GroupWriter.create(log());
        var info = bytes(26);
        var tree = bytes(27);
        var other = bytes(28);
        for (var content : new Bytes[] {info, tree, other}) {
            put(writer.group(), content, Duration.ofMillis(300));
        }

        var filed = new StoredGroupInfo(0, reference(info), Optional.of(reference(tree)));
        assertThat(file(writer, filed)).isEqualTo(new GroupInfoOutcome.Filed());

        await().until(() -> get(writer.group(), other.sha256()).isEmpty());
        assertThat(get(writer.group(), info.sha256())).contains(info);
        assertThat(get(writer.group(), tree.sha256())).contains(tree);
        assertThat(blobs().info(writer.group(), tree.sha256()).block(GroupWriter.PATIENCE))
                .isEqualTo(new BlobInfo(27, OptionalLong.empty()));
        // It replaces itself, and another one replaces it.
        assertThat(file(writer, filed)).isEqualTo(new GroupInfoOutcome.Filed());
        assertThat(file(writer, new StoredGroupInfo(0, GroupWriter.text("inline"))))
                .isEqualTo(new GroupInfoOutcome.Filed());
        assertThat(get(writer.group(), tree.sha256())).contains(tree);
    }

    @Test
    default void aGroupInfoWithAMissingBlobIsNotFiled() {
        var writer = GroupWriter.create(log());
        var info = bytes(26);
        put(writer.group(), info, BlobStore.UNREFERENCED);
        var wrong = new BlobReference(info.sha256(), 27);
        var missing = reference(bytes(29));
        assertThat(file(writer, new StoredGroupInfo(0, wrong, Optional.empty())))
                .isEqualTo(new GroupInfoOutcome.BlobsMissing(Set.of(info.sha256())));
        assertThat(file(writer, new StoredGroupInfo(0, reference(info), Optional.of(missing))))
                .isEqualTo(new GroupInfoOutcome.BlobsMissing(Set.of(missing.sha256())));
        assertThat(
                        log().groupInfo(writer.group())
                                .blockOptional(GroupWriter.PATIENCE)
                                .orElseThrow())
                .isEmpty();
    }

    private GroupInfoOutcome file(GroupWriter writer, StoredGroupInfo info) {
        return log().fileGroupInfo(writer.group(), writer.logPosition().incarnation(), 0, info)
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    @Test
    @DisplayName("a missing blob refuses the whole batch, and nothing of it takes effect")
    default void aMissingBlobRefusesTheWholeBatch() {
        var writer = GroupWriter.create(log());
        var there = bytes(30);
        var missing = bytes(31);
        put(writer.group(), there, BlobStore.UNREFERENCED);
        var logPosition = writer.logPosition();
        var first = writer.application("first");
        var bundle =
                writer.referring(
                        reference(there),
                        Optional.of(reference(missing)),
                        Optional.empty(),
                        Optional.empty());

        assertThat(writer.append(first, bundle))
                .isEqualTo(new AppendOutcome.BlobsMissing(Set.of(missing.sha256())));

        var tail = log().tail(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
        assertThat(tail.last()).isEqualTo(logPosition);
        assertThat(tail.epoch()).isZero();
        assertThat(log().pendingWelcomes(writer.group()).block(GroupWriter.PATIENCE)).isEmpty();
    }

    // PROTOCOL R-REF-5
    @Test
    default void aBlobOfAnotherSizeThanDeclaredIsMissing() {
        var writer = GroupWriter.create(log());
        var content = bytes(40);
        put(writer.group(), content, BlobStore.UNREFERENCED);

        var wrong = new BlobReference(content.sha256(), 41);
        assertThat(writer.append(writer.referring(wrong)))
                .isEqualTo(new AppendOutcome.BlobsMissing(Set.of(content.sha256())));
    }

    @Test
    default void aMessageOtherThanACommitMayBeABlobToo() {
        var writer = GroupWriter.create(log());
        var content = bytes(50);
        put(writer.group(), content, BlobStore.UNREFERENCED);

        var entry = writer.referring(reference(content));
        assertThat(writer.append(entry)).isInstanceOf(AppendOutcome.Succeeded.class);
        assertThat(log().find(writer.group(), 0, content.sha256()).block(GroupWriter.PATIENCE))
                .hasValue(1);
    }

    @Test
    default void aNewGroupsTreeLivesLonger() {
        var group = GroupWriter.freshGroup();
        var tree = bytes(60);
        put(group, tree, Duration.ofMillis(300));
        var other = bytes(61);
        put(group, other, Duration.ofMillis(300));
        var plain = GroupWriter.newGroup(group, GroupRules.DEFAULT);
        var info = GroupWriter.text("info");
        var made =
                new NewGroup(
                        plain.incarnation(),
                        0,
                        plain.policy(),
                        plain.creator(),
                        plain.creatorOwner(),
                        info,
                        Optional.of(reference(tree)));

        assertThat(log().create(group, made).block(GroupWriter.PATIENCE))
                .isInstanceOf(CreateOutcome.Created.class);

        await().until(() -> get(group, other.sha256()).isEmpty());
        assertThat(get(group, tree.sha256())).contains(tree);
        assertThat(log().groupInfo(group).blockOptional(GroupWriter.PATIENCE).orElseThrow())
                .contains(
                        new StoredGroupInfo(
                                0, new PartContent.Inline(info), Optional.of(reference(tree))));
    }

    @Test
    default void blobsThatNothingRefersToAreBoundedInCount() {
        var writer = GroupWriter.create(log());
        for (int size = 1; size <= QUOTA.uploadsMax(); size++) {
            put(writer.group(), bytes(size), BlobStore.UNREFERENCED);
        }
        assertFull(writer.group(), bytes(100));

        // An existing blob may be uploaded again, another group has room, and a reference frees
        // room among the uploads.
        assertThat(put(writer.group(), bytes(1), BlobStore.UNREFERENCED)).isFalse();
        assertThat(put(GroupWriter.freshGroup(), bytes(100), BlobStore.UNREFERENCED)).isTrue();
        writer.append(writer.referring(reference(bytes(1))));
        assertThat(put(writer.group(), bytes(100), BlobStore.UNREFERENCED)).isTrue();
        assertFull(writer.group(), bytes(101));
    }

    @Test
    default void blobsThatNothingRefersToAreBoundedInBytes() {
        var group = GroupWriter.freshGroup();
        int half = (int) QUOTA.uploadBytesMax() / 2;
        put(group, bytes(half), BlobStore.UNREFERENCED);
        put(group, bytes(half - 1), BlobStore.UNREFERENCED);
        assertFull(group, bytes(2));
        assertThat(put(group, bytes(1), BlobStore.UNREFERENCED)).isTrue();
    }

    @Test
    default void allBlobsOfAGroupAreBoundedInCountAndBytes() {
        var writer = GroupWriter.create(log());
        for (int size = 1; size <= QUOTA.blobsMax(); size++) {
            put(writer.group(), bytes(size), BlobStore.UNREFERENCED);
            writer.append(writer.referring(reference(bytes(size))));
        }
        assertFull(writer.group(), bytes(100));

        writer = GroupWriter.create(log());
        int half = (int) QUOTA.bytesMax() / 2;
        put(writer.group(), bytes(half), BlobStore.UNREFERENCED);
        writer.append(writer.referring(reference(bytes(half))));
        put(writer.group(), bytes(half - 1), BlobStore.UNREFERENCED);
        assertFull(writer.group(), bytes(2));
        // A second entry that refers to it does not count it again.
        writer.append(writer.referring(reference(bytes(half))));
        assertThat(put(writer.group(), bytes(1), BlobStore.UNREFERENCED)).isTrue();
    }

    @Test
    default void blobsOfTheServiceItselfAreCountedAndNotRefused() {
        var group = GroupWriter.freshGroup();
        for (int size = 1; size <= QUOTA.blobsMax() + 1; size++) {
            assertThat(put(group, bytes(size), BlobStore.PARTS_MIN)).isTrue();
        }
        assertFull(group, bytes(100));
    }

    @Test
    default void anExpiredUploadMakesRoom() {
        var group = GroupWriter.freshGroup();
        for (int size = 1; size <= QUOTA.uploadsMax(); size++) {
            put(group, bytes(size), Duration.ofMillis(300));
        }
        await().until(() -> get(group, bytes(QUOTA.uploadsMax()).sha256()).isEmpty());
        assertThat(put(group, bytes(100), BlobStore.UNREFERENCED)).isTrue();
    }

    private void assertFull(GroupId group, Bytes content) {
        assertThatThrownBy(() -> put(group, content, BlobStore.UNREFERENCED))
                .isInstanceOf(BlobQuotaExceededException.class);
        assertThat(get(group, content.sha256())).isEmpty();
    }

    /// Pseudorandom bytes, the same for the same size.
    static Bytes bytes(int size) {
        var array = new byte[size];
        new Random(size).nextBytes(array);
        return Bytes.wrap(array);
    }

    static BlobReference reference(Bytes content) {
        return BlobReference.to(content);
    }

    private boolean put(GroupId group, Bytes content, Duration life) {
        return blobs().put(group, content.sha256(), content, life)
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private Optional<Bytes> get(GroupId group, Bytes sha256) {
        return blobs().get(group, sha256).blockOptional(GroupWriter.PATIENCE);
    }
}
