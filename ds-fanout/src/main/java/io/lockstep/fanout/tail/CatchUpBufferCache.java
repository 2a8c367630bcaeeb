package io.lockstep.fanout.tail;

import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.wire.frame.FrameFormat;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A cache of joined deliveries for cursors that are behind. When thousands of sessions return
/// together they get the same buffers one after the other, and the log is read once for all of
/// them.
///
/// Buffers of one format do not overlap, and `bytes ≤ bytesMax` whenever there is more than one.
/// Confined to its ring's lock.
final class CatchUpBufferCache {
    /// The cost of a buffer in addition to its frames, and of each delivery in it, mostly for its
    /// hashes.
    static final int BUFFER_OVERHEAD_BYTES = 256;

    static final int DELIVERY_BYTES = 192;

    private static final class CachedBuffer {
        final FrameFormat format;
        final JoinedDeliveries deliveries;
        final long bytes;
        boolean used;

        CachedBuffer(FrameFormat format, JoinedDeliveries deliveries) {
            this.format = format;
            this.deliveries = deliveries;
            bytes =
                    BUFFER_OVERHEAD_BYTES
                            + deliveries.bytes()
                            + (long) DELIVERY_BYTES * deliveries.count();
        }
    }

    private final long bytesMax;
    private long bytes;

    /// By the position that they follow.
    private final Map<FrameFormat, NavigableMap<Long, CachedBuffer>> byPosition =
            new EnumMap<>(FrameFormat.class);

    /// Ordered by last use, the oldest first.
    private final LinkedHashSet<CachedBuffer> byUse = new LinkedHashSet<>();

    CatchUpBufferCache(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return byUse.isEmpty();
    }

    /// The deliveries after a position, which may be in the middle of a buffer.
    ///
    /// @return borrowed; null when it is not cached
    @Nullable JoinedDeliveries after(long position, FrameFormat format) {
        var floor = of(format).floorEntry(position);
        if (floor == null || floor.getValue().deliveries.last() <= position) {
            return null;
        }
        var buffer = floor.getValue();
        buffer.used = true;
        byUse.addLast(buffer);
        return buffer.deliveries.from(position);
    }

    /// Where the next buffer begins, at a position or after it.
    ///
    /// @return the position that it follows; [Long#MAX_VALUE] when there is none
    long nextFrom(long position, FrameFormat format) {
        var next = of(format).ceilingKey(position);
        return next == null ? Long.MAX_VALUE : next;
    }

    /// Whether a buffer contains an entry between two positions.
    boolean touches(long after, long upTo, FrameFormat format) {
        var last = of(format).lowerEntry(upTo);
        return last != null && last.getValue().deliveries.last() > after;
    }

    /// @param deliveries borrowed; this cache retains a reference of its own
    void add(FrameFormat format, JoinedDeliveries deliveries) {
        if (touches(deliveries.after(), deliveries.last(), format)) {
            return;
        }
        deliveries.retain();
        var buffer = new CachedBuffer(format, deliveries);
        buffer.used = true;
        of(format).put(deliveries.after(), buffer);
        byUse.add(buffer);
        bytes += buffer.bytes;
        while (bytes > bytesMax && byUse.size() > 1) {
            evict(byUse.getFirst());
        }
        assert invariants();
    }

    /// Evicts buffers that were not used since the previous call.
    void evictUnused() {
        for (var buffer : List.copyOf(byUse)) {
            if (!buffer.used) {
                evict(buffer);
            }
            buffer.used = false;
        }
        assert invariants();
    }

    void clear() {
        while (!byUse.isEmpty()) {
            evict(byUse.getFirst());
        }
        assert invariants();
    }

    private void evict(CachedBuffer buffer) {
        byUse.remove(buffer);
        of(buffer.format).remove(buffer.deliveries.after());
        bytes -= buffer.bytes;
        buffer.deliveries.release();
    }

    private NavigableMap<Long, CachedBuffer> of(FrameFormat format) {
        return byPosition.computeIfAbsent(format, _ -> new TreeMap<>());
    }

    private boolean invariants() {
        return (bytes <= bytesMax || byUse.size() <= 1) && byUse.isEmpty() == (bytes == 0);
    }
}
