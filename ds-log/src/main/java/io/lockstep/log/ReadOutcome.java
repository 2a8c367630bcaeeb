package io.lockstep.log;

import java.util.List;

/// The outcome of a read after a position.
public sealed interface ReadOutcome {
    /// @param entries in order, the first at the requested position plus one; empty at the tail
    record Entries(GroupTail tail, List<LogEntry> entries) implements ReadOutcome {
        public Entries {
            entries = List.copyOf(entries);
        }
    }

    /// The entries after the position are no longer retained. A read never returns only some of
    /// them.
    record Trimmed(GroupTail tail) implements ReadOutcome {}

    record LogMissing() implements ReadOutcome {}
}
