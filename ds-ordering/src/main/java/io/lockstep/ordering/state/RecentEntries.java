package io.lockstep.ordering.state;

import io.lockstep.log.LogEntry;
import io.lockstep.wire.frame.EntryKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// The newest entries of a group, whole, oldest first and dense; bounded in count and bytes.
///
/// @param bytes bytes of all messages
record RecentEntries(List<LogEntry> entries, int bytes) {
    static final RecentEntries NONE = new RecentEntries(List.of(), 0);

    RecentEntries with(LogEntry entry, GroupStateLimits limits) {
        int kept = bytes + entry.sentBytes();
        int from = 0;
        while (from < entries.size()
                && (entries.size() - from >= limits.recentEntriesMax()
                        || kept > limits.recentBytesMax())) {
            kept -= entries.get(from).sentBytes();
            from++;
        }
        var next = new ArrayList<LogEntry>(entries.size() - from + 1);
        next.addAll(entries.subList(from, entries.size()));
        next.add(entry);
        return new RecentEntries(next, kept);
    }

    Optional<LogEntry> at(long position) {
        if (entries.isEmpty()) {
            return Optional.empty();
        }
        long index = position - entries.getFirst().position();
        return index < 0 || index >= entries.size()
                ? Optional.empty()
                : Optional.of(entries.get((int) index));
    }

    /// The position of the commit that ended this epoch, the newest one if a void restored it.
    OptionalLong commitOf(long epoch) {
        for (var entry : entries.reversed()) {
            if (entry.kind() == EntryKind.COMMIT && entry.epoch() == epoch) {
                return OptionalLong.of(entry.position());
            }
        }
        return OptionalLong.empty();
    }

    /// The entries after `position`. The caller has checked that the next one is present.
    List<LogEntry> after(long position) {
        if (entries.isEmpty()) {
            return List.of();
        }
        int from = (int) (position + 1 - entries.getFirst().position());
        return entries.subList(Math.min(from, entries.size()), entries.size());
    }
}
