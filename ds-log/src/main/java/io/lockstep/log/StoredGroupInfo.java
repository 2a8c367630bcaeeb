package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/// The GroupInfo of a group's current epoch.
///
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
}
