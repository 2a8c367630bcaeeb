package io.lockstep.log;

import io.lockstep.wire.Bytes;
import java.util.List;

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

    /// The entries of a batch; for implementers of [GroupLog#append].
    ///
    /// @throws IllegalArgumentException when it does not continue `expected` densely, or something that
    ///     is no commit brings what only a commit may
    public static List<LogEntry> checkDense(LogPosition expected, List<NewEntry> batch) {
        if (batch.isEmpty()) {
            throw new IllegalArgumentException("a batch has one entry or more");
        }
        long position = expected.position();
        for (var added : batch) {
            position++;
            var entry = added.entry();
            if (entry.position() != position) {
                throw new IllegalArgumentException(
                        "position " + position + " is next, not " + entry.position());
            }
            if (entry.kind() != EntryKind.COMMIT
                    && !(entry.rosterChange().isEmpty()
                            && added.welcome().isEmpty()
                            && added.groupInfo().isEmpty())) {
                throw new IllegalArgumentException("only a commit brings more than its message");
            }
        }
        return batch.stream().map(NewEntry::entry).toList();
    }

    /// The epoch after a batch; for implementers of [GroupLog#append].
    ///
    /// @throws IllegalStateException when a commit does not end the epoch that it finds (invariant I1)
    public static long checkEpochs(long epoch, List<NewEntry> batch) {
        long current = epoch;
        for (var added : batch) {
            var entry = added.entry();
            if (entry.kind() == EntryKind.COMMIT) {
                if (entry.epoch() != current) {
                    throw new IllegalStateException(
                            "a commit for epoch " + entry.epoch() + " in epoch " + current);
                }
                current++;
            }
        }
        return current;
    }
}
