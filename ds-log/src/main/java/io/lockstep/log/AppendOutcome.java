package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Set;

/// The outcome of a compare-and-append. An unknown outcome is none of these: it is an error.
public sealed interface AppendOutcome {
    /// The whole batch is in the log and durable.
    ///
    /// @param contended whether another append was [TailMismatch] since the previous append. A node
    ///     that always wins then lets the others append.
    record Succeeded(GroupTail tail, boolean contended) implements AppendOutcome {
        /// Appended without contention.
        public Succeeded(GroupTail tail) {
            this(tail, false);
        }
    }

    /// Nothing was appended: the log ends at another position than expected.
    ///
    /// @param missed the entries after the expected position, in order. It may end before the tail.
    ///     It is empty when they are no longer retained: then the group must be loaded again.
    record TailMismatch(GroupTail tail, List<LogEntry> missed) implements AppendOutcome {
        public TailMismatch {
            missed = List.copyOf(missed);
        }
    }

    /// Nothing was appended: the store holds another history than that of the expected position
    /// (another incarnation, another head, or an earlier end). The tripwire (docs/ARCHITECTURE.md,
    /// Durability).
    record Diverged(GroupTail tail) implements AppendOutcome {}

    /// Nothing was appended: the group does not exist. Only `create` creates one.
    record GroupMissing() implements AppendOutcome {}

    /// Nothing was appended, though the log ends as expected: these referenced blobs are missing,
    /// or have another size.
    record BlobsMissing(Set<Bytes> sha256s) implements AppendOutcome {
        public BlobsMissing {
            sha256s = Set.copyOf(sha256s);
        }
    }

    /// Nothing was appended, though the log ends as expected: after the commit at this position the
    /// group would exceed its maximum number of members.
    record RosterFull(long position) implements AppendOutcome {}

    /// Nothing was appended, though the log ends as expected: it has reached its byte limit.
    record LogFull() implements AppendOutcome {}

    /// The outcome of an append at `expected` in a log of the same incarnation that ends at another
    /// position. The head of the first missed entry proves whether `expected` belongs to the log's
    /// history. For implementations of [GroupLog#append].
    static AppendOutcome behind(
            GroupId group, LogPosition expected, GroupTail tail, List<LogEntry> missed) {
        if (expected.position() >= tail.position()) {
            return new Diverged(tail);
        }
        if (!missed.isEmpty()) {
            var first = missed.getFirst();
            var head =
                    GroupHead.next(
                            expected.head(), group, first.position(), first.kind(), first.sha256());
            if (!head.equals(first.head())) {
                return new Diverged(tail);
            }
        }
        return new TailMismatch(tail, missed);
    }
}
