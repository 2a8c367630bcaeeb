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
    private static final int BUFFERS_PER_FORMAT_MAX = 8;

    private final Map<FrameFormat, List<JoinedDeliveries>> byFormat =
            new EnumMap<>(FrameFormat.class);
    private long bytes;

    /// The bytes of all cached buffers.
    long bytes() {
        return bytes;
    }

    /// The buffer that was joined last after a position.
    ///
    /// @return borrowed; null when it is no longer cached
    @Nullable JoinedDeliveries after(long position, FrameFormat format) {
        for (var buffer : byFormat.getOrDefault(format, List.of()).reversed()) {
            if (buffer.after() == position) {
                return buffer;
            }
        }
        return null;
    }

    /// @param buffer borrowed; this cache retains a reference of its own
    void add(FrameFormat format, JoinedDeliveries buffer) {
        var buffers =
                byFormat.computeIfAbsent(format, _ -> new ArrayList<>(BUFFERS_PER_FORMAT_MAX));
        if (buffers.size() == BUFFERS_PER_FORMAT_MAX) {
            evict(buffers.removeFirst());
        }
        buffers.add(buffer.retain());
        bytes += buffer.bytes();
    }

    void clear() {
        for (var buffers : byFormat.values()) {
            buffers.forEach(this::evict);
            buffers.clear();
        }
    }

    private void evict(JoinedDeliveries buffer) {
        bytes -= buffer.bytes();
        buffer.release();
    }
}
