package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// A GroupInfo of a group, with the epoch that it is of.
///
/// @param epoch the group's epoch when it was stored. The GroupInfo is *stale* in a later epoch: no
///     client can join with it.
/// @param content MLSMessage with the GroupInfo
/// @param ratchetTree the tree of that epoch, if it is stored separately from the GroupInfo
public record StoredGroupInfo(
        long epoch, PartContent content, Optional<BlobReference> ratchetTree) {
    /// SHA-256 of the blobs that it refers to.
    public Set<Bytes> blobs() {
        var blobs = new LinkedHashSet<Bytes>();
        if (content instanceof BlobReference apart) {
            blobs.add(apart.sha256());
        }
        ratchetTree.ifPresent(tree -> blobs.add(tree.sha256()));
        return blobs;
    }

    /// An inline GroupInfo without a separate tree.
    public StoredGroupInfo(long epoch, Bytes message) {
        this(epoch, new PartContent.Inline(message), Optional.empty());
    }

    /// The blobs that it refers to, each once. They live while it is stored.
    public List<BlobReference> references() {
        return Stream.concat(
                        Stream.of(content)
                                .filter(BlobReference.class::isInstance)
                                .map(BlobReference.class::cast),
                        ratchetTree.stream())
                .distinct()
                .toList();
    }
}
