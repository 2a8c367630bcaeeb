package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.Set;

/// The outcome of storing a GroupInfo apart from a commit.
public sealed interface GroupInfoOutcome {
    /// It is stored and durable.
    record Filed() implements GroupInfoOutcome {}

    /// Nothing was stored: the group is in another epoch, the log has another incarnation, or a void
    /// came after the position that the caller has seen.
    record EpochDiffers(GroupTail tail) implements GroupInfoOutcome {}

    /// Nothing was stored: these referenced blobs are missing, or have another size.
    record BlobsMissing(Set<Bytes> sha256s) implements GroupInfoOutcome {
        public BlobsMissing {
            sha256s = Set.copyOf(sha256s);
        }
    }

    /// Nothing was stored: the group does not exist.
    record GroupMissing() implements GroupInfoOutcome {}
}
