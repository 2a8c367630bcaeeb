package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import io.lockstep.fanout.outbound.SharedTail.TailStatus;
import io.lockstep.log.GroupTail;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Advances all cursors at the tail from `delivered` to `target` together, in slices, with one
/// shared buffer for all.
///
/// `delivered ≤ target ≤ tail`. Outside a pass both are equal, and all cursors at the tail have
/// that position. During a pass some cursors are at `delivered` and some at `target`. Cursors may
/// be added and removed at any time, also from within a write. Confined to the event loop.
final class LivePass {
    private static final long NO_POSITION = -1;

    private final GroupSubscribers subscribers;
    private final EventLoopFanout fanout;
    private final CursorArray atTail = new CursorArray();
    private final EphemeralQueue ephemerals;

    private long delivered = NO_POSITION;
    private @Nullable GroupTail deliveredTail;

    /// The deliveries or the ephemeral frames of the current pass; both null outside a pass. One
    /// reference each.
    private @Nullable LiveDeliveries live;

    private @Nullable ByteBuf ephemeral;

    LivePass(GroupSubscribers subscribers, EventLoopFanout fanout) {
        this.subscribers = subscribers;
        this.fanout = fanout;
        ephemerals = new EphemeralQueue(fanout.limits, fanout.metrics);
    }

    CursorArray atTail() {
        return atTail;
    }

    EphemeralQueue ephemerals() {
        return ephemerals;
    }

    long target() {
        return live == null ? delivered : live.deliveries().last();
    }

    GroupTail targetTail() {
        var now = live == null ? deliveredTail : live.tail();
        if (now == null) {
            throw new IllegalStateException("nothing is delivered before the tail is known");
        }
        return now;
    }

    /// Without cursors at the tail, `delivered` moves to the tail directly.
    void settle() {
        if (atTail.isEmpty()
                && live == null
                && subscribers.tail().status() instanceof TailStatus.LiveTail(var tail)
                && delivered < tail.position()) {
            delivered = tail.position();
            deliveredTail = tail;
            subscribers.targetMoved();
        }
    }

    /// Writes to the sessions of one slice.
    ///
    /// @return whether more deliveries are pending
    boolean slice() {
        int remaining = fanout.limits.sliceSessions();
        while (begin()) {
            try {
                for (var cursor = next(remaining); cursor != null; cursor = next(remaining)) {
                    remaining--;
                    visit(cursor);
                }
            } finally {
                fanout.settle();
            }
            if (!atTail.allVisited()) {
                return true;
            }
            end();
        }
        return false;
    }

    private @Nullable DeliveryCursor next(int remaining) {
        return remaining > 0 ? atTail.next() : null;
    }

    /// @return whether a pass is in progress
    private boolean begin() {
        if (live != null || ephemeral != null) {
            return true;
        }
        settle();
        if (ephemerals.hasFor(delivered)) {
            ephemeral = ephemerals.take(delivered, fanout.allocator);
        } else if (delivered < subscribers.followedUpTo()) {
            live = subscribers.tail().liveBuffer(delivered, subscribers.format());
            if (live == null) {
                moveAllToCatchUp();
                return begin();
            }
        }
        atTail.beginPass();
        assert invariants();
        return live != null || ephemeral != null;
    }

    /// The ring no longer contains the entries after `delivered`.
    private void moveAllToCatchUp() {
        for (var cursor = atTail.any(); cursor != null; cursor = atTail.any()) {
            subscribers.moveToCatchUp(cursor);
        }
    }

    /// Delivers to one cursor. A failure ends its own session; the pass continues with the others.
    private void visit(DeliveryCursor cursor) {
        try {
            deliverTo(cursor);
        } catch (Throwable e) {
            fanout.failed(cursor.sink, e);
        }
    }

    private void deliverTo(DeliveryCursor cursor) {
        if (live != null) {
            deliver(cursor, live.deliveries());
        } else if (ephemeral != null
                && cursor.lastVisible == DeliveryCursor.NO_LIMIT
                && cursor.sink.isWritable()) {
            fanout.write(cursor, ephemeral, ephemeral.readableBytes());
        }
    }

    private void deliver(DeliveryCursor cursor, JoinedDeliveries now) {
        if (cursor.position != now.after()) {
            return; // it joined during the pass
        }
        if (!cursor.sink.isWritable()) {
            subscribers.markBehind(cursor, CursorState.UNWRITABLE);
            return;
        }
        subscribers.deliver(cursor, now, now.last());
        if (!cursor.isGone() && cursor.position < now.last()) {
            subscribers.markBehind(cursor, CursorState.WINDOW_FULL);
        }
    }

    private void end() {
        if (live != null) {
            delivered = live.deliveries().last();
            deliveredTail = live.tail();
            live.deliveries().release();
            live = null;
            fanout.metrics.passEnded();
            assert invariants();
            subscribers.targetMoved();
        }
        if (ephemeral != null) {
            ephemeral.release();
            ephemeral = null;
        }
    }

    /// Releases the buffers. No cursor is at the tail afterwards.
    void close() {
        end();
        ephemerals.close();
    }

    private boolean invariants() {
        return delivered <= target()
                && (live == null || ephemeral == null)
                && (live == null || live.deliveries().after() == delivered);
    }
}
