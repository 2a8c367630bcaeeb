package io.lockstep.log;

import java.util.List;

/// What became of a compare-and-append. An outcome that is not known is none of these: it is an error.
public sealed interface AppendOutcome {
    /// The whole batch is in the log and durable.
    record Appended(GroupTail tail) implements AppendOutcome {}

    /// Nothing was appended: the log ends elsewhere than expected.
    ///
    /// @param missed what comes after the expected position, in order; may end before the tail
    record Behind(GroupTail tail, List<LogEntry> missed) implements AppendOutcome {
        public Behind {
            missed = List.copyOf(missed);
        }
    }

    /// Nothing was appended: the store holds another history than the expected place belongs to (other
    /// incarnation, other head, or it ends earlier). The tripwire (docs/ARCHITECTURE.md, Durability).
    record Diverged(GroupTail tail) implements AppendOutcome {}

    /// Nothing was appended: there is no such group. Only `create` makes one.
    record Missing() implements AppendOutcome {}
}
