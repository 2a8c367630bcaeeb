package io.lockstep.ordering.state;

import io.lockstep.log.LogPosition;
import java.util.OptionalLong;

/// What is known of an earlier entry with a submission's bytes (invariant I4).
public sealed interface DuplicateCheck {
    /// No lookup was made.
    record NotChecked() implements DuplicateCheck {}

    /// The log up to this position contains no such entry.
    record AbsentUpTo(long position) implements DuplicateCheck {}

    /// The log contains such an entry.
    ///
    /// @param logPosition its position; the head is EMPTY when the entry is no longer retained
    /// @param epochAfter the group's epoch after that entry
    record FoundAt(LogPosition logPosition, long epochAfter) implements DuplicateCheck {}

    /// Memory cannot answer: the log must be asked.
    ///
    /// @param position the position of the entry, when it is known
    record MustAskLog(OptionalLong position) implements DuplicateCheck {}

    NotChecked UNKNOWN = new NotChecked();
}
