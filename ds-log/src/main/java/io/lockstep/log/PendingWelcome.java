package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// A Welcome whose commit is in the log and which is not yet known to be in its joiners' inboxes.
///
/// @param place where the joiners' view of the group begins: the commit's own place
/// @param epoch the epoch that the commit began
/// @param welcome MLSMessage with the whole Welcome
/// @param ratchetTree where the tree of that epoch is, if the committer put it beside the Welcome
public record PendingWelcome(
        LogPosition place, long epoch, Content welcome, Optional<BlobReference> ratchetTree) {
    /// Inline, and no tree beside it.
    public PendingWelcome(LogPosition place, long epoch, Bytes welcome) {
        this(place, epoch, new Content.Inline(welcome), Optional.empty());
    }
}
