package io.lockstep.fanout.outbound;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import io.lockstep.fanout.outbound.SharedTail.TailStatus;
import io.lockstep.log.GroupTail;
import io.lockstep.log.Membership;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// The sessions of one event loop that follow one group in one format.
///
/// All cursors at the tail have the same position, and the [LivePass] advances them together. All
/// others are behind, at any position `≤ target`, and [CatchUpDelivery] advances them one by one. A cursor
/// that reaches the target is at the tail again. History and live delivery are one mechanism: a
/// session that catches up is treated as a slow session.
///
/// Confined to the event loop; [TailListener]'s methods are thread-safe.
final class GroupSubscribers implements TailListener, Runnable {
    private final EventLoopFanout sessions;
    private final SharedTail tail;
    private final FrameFormat format;
    private final CursorArray others = new CursorArray();
    private final LivePass pass;
    private final CatchUpDelivery catchUp;

    /// The newest placing of each session that waits for the standing.
    private final SequencedMap<SessionCursors, AttachTask> waitForStanding = new LinkedHashMap<>(1);

    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile boolean open = true;

    /// Depth of nested turns. The audience does not close while it is above 0.
    private int turns;

    private long deliveriesWritten;
    private long bytesWritten;

    GroupSubscribers(EventLoopFanout sessions, SharedTail tail, FrameFormat format) {
        this.sessions = sessions;
        this.tail = tail;
        this.format = format;
        pass = new LivePass(this, sessions);
        catchUp = new CatchUpDelivery(this, sessions);
    }

    void open() {
        tail.add(this);
        moved();
    }

    GroupId group() {
        return tail.group();
    }

    SharedTail tail() {
        return tail;
    }

    /// The position up to which this node has followed the log.
    long followedUpTo() {
        return tail.standing() instanceof TailStatus.LiveTail(var known) ? known.position() : 0;
    }

    GroupTail lastKnownTail() {
        return tail.standing() instanceof TailStatus.LiveTail(var known)
                ? known
                : pass.targetTail();
    }

    // Events of the tail, on any thread.

    @Override
    public FrameFormat format() {
        return format;
    }

    @Override
    public void moved() {
        if (open && scheduled.compareAndSet(false, true)) {
            sessions.run(this);
        }
    }

    @Override
    public void ephemeral(ByteBuf frame, long after) {
        pass.ephemerals().offer(frame, after);
        moved();
    }

    @Override
    public boolean wants() {
        return open;
    }

    @Override
    public void read(JoinedDeliveries deliveries, Runnable done) {
        if (!sessions.run(() -> catchUp.arrived(deliveries, done))) {
            deliveries.release();
            done.run();
        }
    }

    @Override
    public void again(long after) {
        sessions.run(() -> catchUp.again(after));
    }

    @Override
    public void trimmed(long after, GroupTail newTail) {
        sessions.run(() -> catchUp.trimmed(after, newTail));
    }

    // Attach and detach.

    void enter(DeliveryCursor cursor) {
        cursor.audience = this;
        others.add(cursor);
        sessions.metrics.attached(1);
    }

    void exit(DeliveryCursor cursor) {
        (cursor.state == CursorState.AT_TAIL ? pass.atTail() : others).remove(cursor);
        sessions.metrics.attached(-1);
        endIfEmpty();
    }

    private void endIfEmpty() {
        if (open && turns == 0 && pass.atTail().isEmpty() && others.isEmpty()) {
            open = false;
            tail.remove(this);
            pass.close();
            sessions.audienceEnded(this);
        }
    }

    void place(DeliveryCursor cursor, AttachRequest asked, Membership membership) {
        sessions.become(cursor, CursorState.PLACING);
        new AttachTask(this, sessions, cursor, asked, membership).tryNow();
    }

    void waitForStanding(DeliveryCursor cursor, AttachTask placing) {
        waitForStanding.put(cursor.session, placing);
    }

    void placed(DeliveryCursor cursor) {
        cursor.placed = true;
        pass.settle();
        if (!cursor.headIsUnchecked() && cursor.position == pass.target()) {
            join(cursor);
        } else {
            sessions.queue(cursor);
        }
    }

    void gap(DeliveryCursor cursor, GapReason reason, GroupTail newTail) {
        sessions.leave(cursor);
        sessions.tell(cursor, outlet -> outlet.gap(group(), reason, newTail));
    }

    void detach(DeliveryCursor cursor, DetachReason reason) {
        sessions.leave(cursor);
        sessions.tell(cursor, outlet -> outlet.detached(group(), reason));
    }

    // Delivery.

    /// Delivers what is pending, up to the limit of a slice.
    @Override
    public void run() {
        scheduled.set(false);
        if (!open) {
            return;
        }
        beginTurn();
        try {
            turn();
        } catch (Throwable e) {
            sessions.tryLater(this::moved, e);
        } finally {
            endTurn();
        }
    }

    private void turn() {
        switch (tail.standing()) {
            case TailStatus.Starting() -> {}
            case TailStatus.Unavailable() -> placeWaiting();
            case TailStatus.FrozenTail() -> {
                detachAll();
                placeWaiting();
            }
            case TailStatus.LiveTail _ -> {
                placeWaiting();
                if (pass.slice()) {
                    goOn();
                }
            }
        }
    }

    private void placeWaiting() {
        for (int left = sessions.limits.sliceSessions(); left > 0; left--) {
            var next = waitForStanding.pollFirstEntry();
            if (next == null) {
                return;
            }
            next.getValue().tryNow();
        }
        goOn();
    }

    /// Schedules the next slice when this one ended with deliveries pending.
    private void goOn() {
        if (open && scheduled.compareAndSet(false, true)) {
            sessions.runAfterInput(this);
        }
    }

    private void detachAll() {
        for (var c = pass.atTail().any(); c != null; c = pass.atTail().any()) {
            detach(c, DetachReason.GROUP_FROZEN);
        }
        others.beginPass();
        for (var c = others.next(); c != null; c = others.next()) {
            if (c.placed) {
                detach(c, DetachReason.GROUP_FROZEN);
            }
        }
    }

    /// Counts everything up to [#endTurn] as one turn.
    void beginTurn() {
        turns++;
    }

    void endTurn() {
        turns--;
        if (deliveriesWritten > 0) {
            sessions.metrics.delivered(deliveriesWritten, bytesWritten);
            deliveriesWritten = 0;
            bytesWritten = 0;
        }
        endIfEmpty();
    }

    /// Advances a cursor that is behind.
    void advance(DeliveryCursor cursor) {
        turnOf(
                cursor,
                c -> {
                    pass.settle();
                    catchUp.advance(c);
                });
    }

    /// Runs one cursor's turn. A failure ends only that cursor's session.
    void turnOf(DeliveryCursor cursor, Consumer<DeliveryCursor> what) {
        beginTurn();
        try {
            what.accept(cursor);
        } catch (Throwable e) {
            sessions.failed(cursor.outlet, e);
        } finally {
            endTurn();
        }
    }

    /// The position to which the event loop's sessions are advanced.
    long target() {
        return pass.target();
    }

    void targetMoved() {
        catchUp.targetMoved();
    }

    /// The cursor has reached the target.
    void join(DeliveryCursor cursor) {
        others.remove(cursor);
        pass.atTail().add(cursor);
        sessions.become(cursor, CursorState.AT_TAIL);
        cursor.fresh = null;
        if (!cursor.live) {
            cursor.live = true;
            sessions.tell(cursor, outlet -> outlet.live(group(), pass.targetTail()));
        }
    }

    /// The cursor cannot accept the deliveries of the pass.
    void fallBehind(DeliveryCursor cursor, CursorState why) {
        pass.atTail().remove(cursor);
        others.add(cursor);
        sessions.become(cursor, why);
    }

    void fallBehindAndReadOn(DeliveryCursor cursor) {
        pass.atTail().remove(cursor);
        others.add(cursor);
        sessions.queue(cursor);
    }

    /// Delivers up to the first of: the limit, the end of the window, the last position that the
    /// member may see. A cursor that has reached the member's own removal is detached.
    ///
    /// @param deliveries borrowed; they follow the cursor's position
    void deliver(DeliveryCursor cursor, JoinedDeliveries deliveries, long limit) {
        long removal = Math.min(deliveries.removalOf(cursor.member), cursor.lastVisible);
        long upTo = Math.min(Math.min(deliveries.last(), limit), cursor.windowEnd());
        upTo = Math.min(upTo, removal);
        if (upTo > cursor.position) {
            int bytes = deliveries.bytesUpTo(upTo);
            deliveriesWritten += upTo - cursor.position;
            bytesWritten += bytes;
            cursor.position = upTo;
            cursor.fresh = null;
            sessions.write(cursor, deliveries.frames(), bytes);
        }
        if (upTo == removal && !cursor.isGone()) {
            detach(cursor, DetachReason.REMOVED);
        }
    }
}
