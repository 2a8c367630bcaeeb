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

/// Joined deliveries for those who are behind, kept for all who come the same way: thousands who return
/// together are shown the same pieces one after the other, and the log is read once for all of them.
///
/// Pieces of one format do not overlap, and `bytes ≤ bytesMax` whenever there is more than one. Confined
/// to its ring's lock.
final class Pieces {
    /// What a piece costs beside its frames; and each delivery in it, its hashes above all.
    static final int PIECE_BYTES = 256;

    static final int DELIVERY_BYTES = 192;

    private static final class Piece {
        final FrameFormat format;
        final JoinedDeliveries deliveries;
        final long bytes;
        boolean used;

        Piece(FrameFormat format, JoinedDeliveries deliveries) {
            this.format = format;
            this.deliveries = deliveries;
            bytes = PIECE_BYTES + deliveries.bytes() + (long) DELIVERY_BYTES * deliveries.count();
        }
    }

    private final long bytesMax;
    private long bytes;

    /// By the position that they follow.
    private final Map<FrameFormat, NavigableMap<Long, Piece>> byPosition =
            new EnumMap<>(FrameFormat.class);

    /// The one used longest ago first.
    private final LinkedHashSet<Piece> byUse = new LinkedHashSet<>();

    Pieces(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return byUse.isEmpty();
    }

    /// What follows a position, which may lie in the middle of a piece.
    ///
    /// @return borrowed; null when it is not here
    @Nullable JoinedDeliveries after(long position, FrameFormat format) {
        var floor = of(format).floorEntry(position);
        if (floor == null || floor.getValue().deliveries.last() <= position) {
            return null;
        }
        var piece = floor.getValue();
        piece.used = true;
        byUse.addLast(piece);
        return piece.deliveries.from(position);
    }

    /// Where the next piece begins, at a position or after it.
    ///
    /// @return the position that it follows; [Long#MAX_VALUE] when there is none
    long nextFrom(long position, FrameFormat format) {
        var next = of(format).ceilingKey(position);
        return next == null ? Long.MAX_VALUE : next;
    }

    /// Whether there is a piece with something between two positions.
    boolean touches(long after, long upTo, FrameFormat format) {
        var last = of(format).lowerEntry(upTo);
        return last != null && last.getValue().deliveries.last() > after;
    }

    /// @param deliveries borrowed; a reference of its own is kept
    void keep(FrameFormat format, JoinedDeliveries deliveries) {
        if (touches(deliveries.after(), deliveries.last(), format)) {
            return;
        }
        deliveries.retain();
        var piece = new Piece(format, deliveries);
        piece.used = true;
        of(format).put(deliveries.after(), piece);
        byUse.add(piece);
        bytes += piece.bytes;
        while (bytes > bytesMax && byUse.size() > 1) {
            forget(byUse.getFirst());
        }
    }

    /// Gives up what nobody has used since this was last called.
    void dropUnused() {
        for (var piece : List.copyOf(byUse)) {
            if (!piece.used) {
                forget(piece);
            }
            piece.used = false;
        }
    }

    void clear() {
        while (!byUse.isEmpty()) {
            forget(byUse.getFirst());
        }
    }

    private void forget(Piece piece) {
        byUse.remove(piece);
        of(piece.format).remove(piece.deliveries.after());
        bytes -= piece.bytes;
        piece.deliveries.release();
    }

    private NavigableMap<Long, Piece> of(FrameFormat format) {
        return byPosition.computeIfAbsent(format, _ -> new TreeMap<>());
    }
}
