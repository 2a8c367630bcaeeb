package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Set;

/// What became of a compare-and-append. An outcome that is not known is none of these: it is an error.
public sealed interface AppendOutcome {
    /// The whole batch is in the log and durable.
    ///
    /// @param contended whether another append was [Behind] since the one before this: whoever keeps
    ///     winning gives the others a turn
    record Appended(GroupTail tail, boolean contended) implements AppendOutcome {
        /// Nobody else was behind.
        public Appended(GroupTail tail) {
            this(tail, false);
        }
    }

    /// Nothing was appended: the log ends elsewhere than expected.
    ///
    /// @param missed what comes after the expected position, in order; may end before the tail, and is
    ///     empty when it is no longer retained: then the group must be loaded anew
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

    /// Nothing was appended, though the log ends as expected: these blobs that the batch refers to are not
    /// there, or of another size.
    record BlobsMissing(Set<Bytes> sha256s) implements AppendOutcome {
        public BlobsMissing {
            sha256s = Set.copyOf(sha256s);
        }
    }

    /// Nothing was appended, though the log ends as expected: after the commit at this position the group
    /// would have more members than it may.
    record RosterFull(long position) implements AppendOutcome {}

    /// Nothing was appended, though the log ends as expected: it holds more bytes than it may.
    record LogFull() implements AppendOutcome {}

    /// What an append at `expected` came to in a log of the same incarnation that ends elsewhere. The
    /// first missed entry proves by its head whether `expected` belongs to the log's history. For
    /// implementers of [GroupLog#append].
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
        return new Behind(tail, missed);
    }
}
