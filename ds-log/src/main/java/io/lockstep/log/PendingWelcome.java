package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// A Welcome whose commit is in the log and which is not yet known to be in its joiners' inboxes.
///
/// @param place the position at which the joiners' view of the group begins: that of the commit
/// @param epoch the epoch that the commit began
/// @param welcome MLSMessage with the whole Welcome
/// @param ratchetTree the tree of that epoch, if the committer stored it separately from the
///     Welcome
public record PendingWelcome(
        LogPosition place, long epoch, PartContent welcome, Optional<BlobReference> ratchetTree) {
    /// An inline Welcome without a separate tree.
    public PendingWelcome(LogPosition place, long epoch, Bytes welcome) {
        this(place, epoch, new PartContent.Inline(welcome), Optional.empty());
    }
}
