package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import io.lockstep.fanout.outbound.SharedTail.TailStatus;
import io.lockstep.log.GroupTail;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/// Advances all cursors at the tail from `shown` to `target` together, in slices, with one shared
/// buffer for all.
///
/// `shown ≤ target ≤ tail`. Outside a pass both are equal, and all cursors at the tail have that
/// position. During a pass some cursors are at `shown` and some at `target`. Cursors may be added
/// and removed at any time, also from within a write. Confined to the event loop.
final class LivePass {
    private static final long NOWHERE = -1;

    private final GroupSubscribers audience;
    private final EventLoopFanout sessions;
    private final CursorArray atTail = new CursorArray();
    private final EphemeralQueue ephemerals;

    private long shown = NOWHERE;
    private @Nullable GroupTail shownTail;

    /// The deliveries or the ephemeral frames of the current pass; both null outside a pass. One
    /// reference each.
    private @Nullable LiveDeliveries live;

    private @Nullable ByteBuf ephemeral;

    LivePass(GroupSubscribers audience, EventLoopFanout sessions) {
        this.audience = audience;
        this.sessions = sessions;
        ephemerals = new EphemeralQueue(sessions.limits, sessions.metrics);
    }

    CursorArray atTail() {
        return atTail;
    }

    EphemeralQueue ephemerals() {
        return ephemerals;
    }

    long target() {
        return live == null ? shown : live.deliveries().last();
    }

    GroupTail targetTail() {
        var now = live == null ? shownTail : live.tail();
        if (now == null) {
            throw new IllegalStateException("nothing is delivered before the tail is known");
        }
        return now;
    }

    /// Without cursors at the tail, `shown` moves to the tail directly.
    void settle() {
        if (atTail.isEmpty()
                && live == null
                && audience.tail().standing() instanceof TailStatus.LiveTail(var tail)
                && shown < tail.position()) {
            shown = tail.position();
            shownTail = tail;
            audience.targetMoved();
        }
    }

    /// Writes to the sessions of one slice.
    ///
    /// @return whether more deliveries are pending
    boolean slice() {
        int left = sessions.limits.sliceSessions();
        while (begin()) {
            try {
                for (var cursor = next(left); cursor != null; cursor = next(left)) {
                    left--;
                    visit(cursor);
                }
            } finally {
                sessions.settle();
            }
            if (!atTail.allVisited()) {
                return true;
            }
            end();
        }
        return false;
    }

    private @Nullable DeliveryCursor next(int left) {
        return left > 0 ? atTail.next() : null;
    }

    /// @return whether a pass is in progress
    private boolean begin() {
        if (live != null || ephemeral != null) {
            return true;
        }
        settle();
        if (ephemerals.hasFor(shown)) {
            ephemeral = ephemerals.take(shown, sessions.allocator);
        } else if (shown < audience.followedUpTo()) {
            live = audience.tail().live(shown, audience.format());
            if (live == null) {
                allFallBehind();
                return begin();
            }
        }
        atTail.beginPass();
        return live != null || ephemeral != null;
    }

    /// The ring no longer contains the entries after `shown`.
    private void allFallBehind() {
        for (var cursor = atTail.any(); cursor != null; cursor = atTail.any()) {
            audience.fallBehindAndReadOn(cursor);
        }
    }

    /// Delivers to one cursor. A failure ends its own session; the pass continues with the others.
    private void visit(DeliveryCursor cursor) {
        try {
            showTo(cursor);
        } catch (Throwable e) {
            sessions.failed(cursor.outlet, e);
        }
    }

    private void showTo(DeliveryCursor cursor) {
        if (live != null) {
            show(cursor, live.deliveries());
        } else if (ephemeral != null
                && cursor.lastVisible == DeliveryCursor.NO_LIMIT
                && cursor.outlet.isWritable()) {
            sessions.write(cursor, ephemeral, ephemeral.readableBytes());
        }
    }

    private void show(DeliveryCursor cursor, JoinedDeliveries now) {
        if (cursor.position != now.after()) {
            return; // it joined during the pass
        }
        if (!cursor.outlet.isWritable()) {
            audience.fallBehind(cursor, CursorState.UNWRITABLE);
            return;
        }
        audience.deliver(cursor, now, now.last());
        if (!cursor.isGone() && cursor.position < now.last()) {
            audience.fallBehind(cursor, CursorState.WINDOW_SHUT);
        }
    }

    private void end() {
        if (live != null) {
            shown = live.deliveries().last();
            shownTail = live.tail();
            live.deliveries().release();
            live = null;
            sessions.metrics.passEnded();
            audience.targetMoved();
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
}
