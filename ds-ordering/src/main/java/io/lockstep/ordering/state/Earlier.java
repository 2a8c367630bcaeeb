package io.lockstep.ordering.state;

import io.lockstep.log.LogPosition;
import java.util.OptionalLong;

/// What is known of an earlier appearance of a submission's bytes in the log (invariant I4).
public sealed interface Earlier {
    /// Nobody looked.
    record Unknown() implements Earlier {}

    /// They were not in the log as of this position.
    record NotUpTo(long position) implements Earlier {}

    /// They are in the log.
    ///
    /// @param place where; its head is EMPTY when the entry itself is no longer retained
    /// @param epochAfter the group's epoch after that entry
    record At(LogPosition place, long epochAfter) implements Earlier {}

    /// Memory does not tell: the log must be asked.
    ///
    /// @param position where the entry lies, when that much is known
    record Ask(OptionalLong position) implements Earlier {}

    Unknown UNKNOWN = new Unknown();
}
