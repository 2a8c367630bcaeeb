package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Checks that entries from the log are the history that they claim to be (invariants I2 and I3):
/// positions are dense, each head is the hash of the previous head and the entry, each message has
/// the hash of its entry. The caller that fetches a separately stored message checks its bytes.
///
/// Costs two SHA-256 for each entry: one over about 100 bytes, one over the message.
public final class HistoryVerifier {
    private HistoryVerifier() {}

    /// @param before the position that the first entry must continue
    /// @return the first position whose entry does not continue the previous one; empty when all do
    public static OptionalLong firstBroken(
            GroupId group, LogPosition before, List<LogEntry> entries) {
        return firstBroken(group, before.position(), Optional.of(before.head()), entries);
    }

    /// @param after the position before the first entry
    /// @param headBefore the head at that position; EMPTY if unknown: then the first entry's own
    ///     head is trusted
    public static OptionalLong firstBroken(
            GroupId group, long after, Optional<Bytes> headBefore, List<LogEntry> entries) {
        var head = headBefore;
        long position = after;
        for (var entry : entries) {
            position++;
            if (entry.position() != position
                    || !entry.isIntact()
                    || !head.map(known -> continues(group, known, entry)).orElse(true)) {
                return OptionalLong.of(position);
            }
            head = Optional.of(entry.head());
        }
        return OptionalLong.empty();
    }

    /// Whether the entry's head is the successor of `head`.
    public static boolean continues(GroupId group, Bytes head, LogEntry entry) {
        return GroupHead.next(head, group, entry.position(), entry.kind(), entry.sha256())
                .equals(entry.head());
    }
}
