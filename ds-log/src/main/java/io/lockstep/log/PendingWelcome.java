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
/// @param sender pseudonym of the user that sent it, the same in all groups; EMPTY when unknown.
///     Each sender has a share of an inbox.
public record PendingWelcome(
        LogPosition logPosition,
        long epoch,
        PartContent welcome,
        Optional<BlobReference> ratchetTree,
        Bytes sender) {
    /// A Welcome of an unknown sender.
    public PendingWelcome(
            LogPosition logPosition,
            long epoch,
            PartContent welcome,
            Optional<BlobReference> ratchetTree) {
        this(logPosition, epoch, welcome, ratchetTree, Bytes.EMPTY);
    }

    /// An inline Welcome of an unknown sender, without a separate tree.
    public PendingWelcome(LogPosition logPosition, long epoch, Bytes welcome) {
        this(logPosition, epoch, new PartContent.Inline(welcome), Optional.empty());
    }
}
