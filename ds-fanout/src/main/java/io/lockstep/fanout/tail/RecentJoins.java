package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Buffers that were joined a moment ago, for those who ask for the same. Confined to its ring's lock.
final class RecentJoins {
    private static final int KEPT_PER_FORMAT = 8;

    private final Map<FrameFormat, List<JoinedDeliveries>> joins = new EnumMap<>(FrameFormat.class);
    private long bytes;

    /// What these hold together.
    long bytes() {
        return bytes;
    }

    /// What was joined last after a position.
    ///
    /// @return borrowed; null when it is not known any more
    @Nullable JoinedDeliveries after(long position, FrameFormat format) {
        for (var join : joins.getOrDefault(format, List.of()).reversed()) {
            if (join.after() == position) {
                return join;
            }
        }
        return null;
    }

    /// @param join borrowed; a reference of its own is kept
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
