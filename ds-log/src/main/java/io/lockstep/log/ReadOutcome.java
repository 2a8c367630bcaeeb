package io.lockstep.log;

import java.util.List;

/// What a read after a place brings.
public sealed interface ReadOutcome {
    /// @param entries in order, the first at the place asked for plus one; empty at the tail
    record Entries(GroupTail tail, List<LogEntry> entries) implements ReadOutcome {
        public Entries {
            entries = List.copyOf(entries);
        }
    }

    /// The entries after the place are no longer retained: never a partial replay.
    record Trimmed(GroupTail tail) implements ReadOutcome {}

    record Missing() implements ReadOutcome {}
}
