package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// The GroupInfo of a group's current epoch.
///
/// @param content MLSMessage with the GroupInfo
/// @param ratchetTree the tree of that epoch, if it is stored separately from the GroupInfo
public record StoredGroupInfo(
        long epoch, PartContent content, Optional<BlobReference> ratchetTree) {
    /// An inline GroupInfo without a separate tree.
    public StoredGroupInfo(long epoch, Bytes message) {
        this(epoch, new PartContent.Inline(message), Optional.empty());
    }
}
