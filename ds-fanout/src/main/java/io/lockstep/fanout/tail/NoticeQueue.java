package io.lockstep.fanout.tail;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.log.LogNotice;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// A queue of notices from the log's threads to a follower, bounded in bytes. A notice that does
/// not fit is dropped, and the loss is recorded, because the log can be read instead.
///
/// `bytes ≤ bytesMax` whenever there is more than one notice. Thread-safe.
final class NoticeQueue {
    private final int bytesMax;
    private final ArrayDeque<LogNotice> notices = new ArrayDeque<>(1);
    private int bytes;
    private boolean lost;

    NoticeQueue(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// @return false when it was dropped
    synchronized boolean offer(LogNotice notice) {
        int size = sizeOf(notice);
        if (!notices.isEmpty() && bytes + size > bytesMax) {
            lost |= !(notice instanceof LogNotice.EphemeralMessage);
            return false;
        }
        bytes += size;
        notices.add(notice);
        assert invariants();
        return true;
    }

    synchronized @Nullable LogNotice poll() {
        var notice = notices.poll();
        if (notice != null) {
            bytes -= sizeOf(notice);
            assert invariants();
        }
        return notice;
    }

    /// A notice was lost before it was offered.
    synchronized void markLost() {
        lost = true;
    }

    /// Whether a notice was lost since the previous call.
    synchronized boolean takeLostMark() {
        boolean was = lost;
        lost = false;
        return was;
    }

    private static int sizeOf(LogNotice notice) {
        return switch (notice) {
            case LogNotice.EntriesAppended(_, var entries) ->
                    entries.stream()
                            .mapToInt(e -> e.heldBytes() + FanoutLimits.ENTRY_OVERHEAD_BYTES)
                            .sum();
            case LogNotice.EphemeralMessage e ->
                    e.message().size() + FanoutLimits.ENTRY_OVERHEAD_BYTES;
            case LogNotice.CheckTail _ -> FanoutLimits.ENTRY_OVERHEAD_BYTES;
        };
    }

    private boolean invariants() {
        return (bytes <= bytesMax || notices.size() <= 1) && notices.isEmpty() == (bytes == 0);
    }
}
