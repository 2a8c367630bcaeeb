package io.lockstep.log;

import io.lockstep.wire.Bytes;

/// An entry to append, with what must take effect in the same atomic step.
///
/// @param entry its position and head continue the log
/// @param welcome MLSMessage with the whole Welcome, to be released to its joiners; EMPTY for none
/// @param groupInfo MLSMessage with the GroupInfo of the epoch that a commit begins; EMPTY for none.
///     A commit without one makes the stored GroupInfo void.
public record NewEntry(LogEntry entry, Bytes welcome, Bytes groupInfo) {
    public static NewEntry of(LogEntry entry) {
        return new NewEntry(entry, Bytes.EMPTY, Bytes.EMPTY);
    }
}
