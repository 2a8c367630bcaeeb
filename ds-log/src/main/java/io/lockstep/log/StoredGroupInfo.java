package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// The GroupInfo of a group's current epoch.
///
/// @param content MLSMessage with the GroupInfo
/// @param ratchetTree where the tree of that epoch is, if it is kept beside the GroupInfo
public record StoredGroupInfo(long epoch, Content content, Optional<BlobReference> ratchetTree) {
    /// Inline, and no tree beside it.
    public StoredGroupInfo(long epoch, Bytes message) {
        this(epoch, new Content.Inline(message), Optional.empty());
    }
}
