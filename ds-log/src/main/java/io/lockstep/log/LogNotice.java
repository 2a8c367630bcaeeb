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
    record Ephemeral(GroupId group, long epoch, long acceptedAtMillis, Bytes message)
            implements LogNotice {}

    /// Notices may have been lost: compare with the tail.
    record Check(GroupId group, GroupTail tail) implements LogNotice {}
}
