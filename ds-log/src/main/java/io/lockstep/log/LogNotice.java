package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;

/// An event for followers of a group. It is a hint, not a record: notices may be lost, duplicated
/// or reordered. Positions are dense, so a follower detects missing entries and reads them.
public sealed interface LogNotice {
    GroupId group();

    /// These entries are durable.
    record EntriesAppended(GroupId group, List<LogEntry> entries) implements LogNotice {
        public EntriesAppended {
            entries = List.copyOf(entries);
        }
    }

    /// An application message for connected members; stored nowhere.
    ///
    /// @param decidedAt the position up to which the accepting node knew the group. A node that has
    ///     not followed the log that far may not know yet which members were removed (invariant
    ///     I9). 0 from a node of an older version.
    record EphemeralMessage(
            GroupId group, long epoch, long acceptedAtMillis, Bytes message, long decidedAt)
            implements LogNotice {
        /// A message decided before the first entry.
        public EphemeralMessage(GroupId group, long epoch, long acceptedAtMillis, Bytes message) {
            this(group, epoch, acceptedAtMillis, message, 0);
        }
    }

    /// Notices may have been lost: compare with the tail.
    record CheckTail(GroupId group, GroupTail tail) implements LogNotice {}
}
