package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// A Welcome whose commit is in the log and which is not yet known to be in its joiners' inboxes.
///
/// @param logPosition the position at which the joiners' view of the group begins: that of the
///     commit
/// @param epoch the epoch that the commit began
/// @param welcome MLSMessage with the whole Welcome
/// @param ratchetTree the tree of that epoch, if the committer stored it separately from the
///     Welcome
public record PendingWelcome(
        LogPosition logPosition,
        long epoch,
        PartContent welcome,
        Optional<BlobReference> ratchetTree) {
    /// An inline Welcome without a separate tree.
    public PendingWelcome(LogPosition logPosition, long epoch, Bytes welcome) {
        this(logPosition, epoch, new PartContent.Inline(welcome), Optional.empty());
    }
}
