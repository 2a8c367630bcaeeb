package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;

/// What a follower of a group hears. A hint, not a record: notices may be lost, doubled or out of
/// order; positions are dense, so a follower sees what it lacks and reads it.
public sealed interface LogNotice {
    GroupId group();

    /// These entries are durable.
    record Appended(GroupId group, List<LogEntry> entries) implements LogNotice {
        public Appended {
            entries = List.copyOf(entries);
        }
    }

    /// An application message for those who are connected; stored nowhere.
    ///
    /// @param decidedAt the position up to which the node that accepted it knew the group: who has not followed the
    ///     log that far may not know yet who was removed (invariant I9). 0 from a node of an older version
    record Ephemeral(
            GroupId group, long epoch, long acceptedAtMillis, Bytes message, long decidedAt)
            implements LogNotice {
        /// Decided before the first entry.
        public Ephemeral(GroupId group, long epoch, long acceptedAtMillis, Bytes message) {
            this(group, epoch, acceptedAtMillis, message, 0);
        }
    }

    /// Notices may have been lost: compare with the tail.
    record Check(GroupId group, GroupTail tail) implements LogNotice {}
}
