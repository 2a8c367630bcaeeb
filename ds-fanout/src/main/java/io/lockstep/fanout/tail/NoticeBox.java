package io.lockstep.fanout.tail;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.log.LogNotice;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Notices on their way from the log's threads to a follower, bounded in bytes: what does not fit is
/// dropped and remembered as lost, for the log can be read. Thread-safe.
final class NoticeBox {
    private final int bytesMax;
    private final ArrayDeque<LogNotice> notices = new ArrayDeque<>(1);
    private int bytes;
    private boolean lost;

    NoticeBox(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// @return false when it was dropped
    synchronized boolean offer(LogNotice notice) {
        int size = sizeOf(notice);
        if (!notices.isEmpty() && bytes + size > bytesMax) {
            lost |= !(notice instanceof LogNotice.Ephemeral);
            return false;
        }
        bytes += size;
        notices.add(notice);
        return true;
    }

    synchronized @Nullable LogNotice poll() {
        var notice = notices.poll();
        if (notice != null) {
            bytes -= sizeOf(notice);
        }
        return notice;
    }

    /// One was lost on its way.
    synchronized void lose() {
        lost = true;
    }

    /// Whether any was lost since this was last asked.
    synchronized boolean takeLost() {
        boolean was = lost;
        lost = false;
        return was;
    }

    private static int sizeOf(LogNotice notice) {
        return switch (notice) {
            case LogNotice.Appended(_, var entries) ->
                    entries.stream()
                            .mapToInt(e -> e.heldBytes() + FanoutLimits.ENTRY_OVERHEAD_BYTES)
                            .sum();
            case LogNotice.Ephemeral e -> e.message().size() + FanoutLimits.ENTRY_OVERHEAD_BYTES;
            case LogNotice.Check _ -> FanoutLimits.ENTRY_OVERHEAD_BYTES;
        };
    }
}
