package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A cache of the most recently joined buffers, for cursors that request the same. Confined to its
/// ring's lock.
final class LiveBufferCache {
    private static final int KEPT_PER_FORMAT = 8;

    private final Map<FrameFormat, List<JoinedDeliveries>> joins = new EnumMap<>(FrameFormat.class);
    private long bytes;

    /// The bytes of all cached buffers.
    long bytes() {
        return bytes;
    }

    /// The buffer that was joined last after a position.
    ///
    /// @return borrowed; null when it is no longer cached
    @Nullable JoinedDeliveries after(long position, FrameFormat format) {
        for (var join : joins.getOrDefault(format, List.of()).reversed()) {
            if (join.after() == position) {
                return join;
            }
        }
        return null;
    }

    /// @param join borrowed; this cache retains a reference of its own
    void keep(FrameFormat format, JoinedDeliveries join) {
        var kept = joins.computeIfAbsent(format, _ -> new ArrayList<>(KEPT_PER_FORMAT));
        if (kept.size() == KEPT_PER_FORMAT) {
            forget(kept.removeFirst());
        }
        kept.add(join.retain());
        bytes += join.bytes();
    }

    void clear() {
        for (var kept : joins.values()) {
            kept.forEach(this::forget);
            kept.clear();
        }
    }

    private void forget(JoinedDeliveries join) {
        bytes -= join.bytes();
        join.release();
    }
}
