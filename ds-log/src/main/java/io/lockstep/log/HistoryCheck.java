package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Whether entries that the log brought are the history that they claim to be (invariants I2 and I3): dense
/// positions, each head the hash of the one before and of the entry, each message the bytes that its hash names.
/// A message that is kept apart is checked by whoever fetches it.
///
/// Costs two SHA-256 for each entry: one over about 100 bytes, one over the message.
public final class HistoryCheck {
    private HistoryCheck() {}

    /// @param before the place that the first entry must continue
    /// @return the first position whose entry does not continue the one before it; empty when all do
    public static OptionalLong firstBroken(
            GroupId group, LogPosition before, List<LogEntry> entries) {
        return firstBroken(group, before.position(), Optional.of(before.head()), entries);
    }

    /// @param after the position before the first entry
    /// @param headBefore the head there; empty where nobody knows it: then the first entry's own head is believed
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

    /// Whether the entry's head is the one that follows `head`.
    public static boolean continues(GroupId group, Bytes head, LogEntry entry) {
        return GroupHead.next(head, group, entry.position(), entry.kind(), entry.sha256())
                .equals(entry.head());
    }
}
