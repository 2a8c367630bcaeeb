package io.lockstep.fanout.tail;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.log.LogNotice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// Ephemeral messages accepted by a node that has followed the group further than this one. Their
/// delivery before the preceding entries could reach a member that those entries removed (invariant
/// I9). They are held until this node has followed as far, for a limited time. Messages that do not
/// fit, or arrive too late, are dropped.
///
/// `count ≤ countMax`, `bytes ≤ bytesMax`. Confined to the group's home loop.
final class HoldbackQueue {
    private record HeldEphemeral(LogNotice.EphemeralMessage ephemeral, long untilNanos) {}

    private final int countMax;
    private final int bytesMax;
    private final long holdNanos;
    private final ArrayDeque<HeldEphemeral> held = new ArrayDeque<>(0);
    private int bytes;

    HoldbackQueue(int countMax, int bytesMax, long holdNanos) {
        this.countMax = countMax;
        this.bytesMax = bytesMax;
        this.holdNanos = holdNanos;
    }

    /// @return false when there is no room
    boolean hold(LogNotice.EphemeralMessage ephemeral, long nowNanos) {
        int size = sizeOf(ephemeral);
        if (held.size() >= countMax || bytes + size > bytesMax) {
            return false;
        }
        held.add(new HeldEphemeral(ephemeral, nowNanos + holdNanos));
        bytes += size;
        assert invariants();
        return true;
    }

    /// Takes the messages decided up to the followed position, in order. Drops those that have
    /// waited too long.
    ///
    /// @param upTo the position followed
    List<LogNotice.EphemeralMessage> take(long upTo, long nowNanos) {
        if (held.isEmpty()) {
            return List.of();
        }
        var ready = new ArrayList<LogNotice.EphemeralMessage>();
        held.removeIf(one -> {
            boolean isReady = one.ephemeral.decidedAt() <= upTo;
            if (isReady) {
                ready.add(one.ephemeral);
            }
            boolean leaves = isReady || nowNanos - one.untilNanos >= 0;
            if (leaves) {
                bytes -= sizeOf(one.ephemeral);
            }
            return leaves;
        });
        assert invariants();
        return ready;
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    private static int sizeOf(LogNotice.EphemeralMessage ephemeral) {
        return ephemeral.message().size() + FanoutLimits.ENTRY_OVERHEAD_BYTES;
    }

    private boolean invariants() {
        return held.size() <= countMax && bytes <= bytesMax && held.isEmpty() == (bytes == 0);
    }
}
