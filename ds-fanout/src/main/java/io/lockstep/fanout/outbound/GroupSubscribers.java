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
/// others are behind, at any position `≤ target`, and [CatchUpDelivery] advances them one by one. A
/// cursor that reaches the target is at the tail again. History and live delivery are one
/// mechanism: a session that catches up is treated as a slow session.
///
/// Confined to the event loop; [TailListener]'s methods are thread-safe.
final class GroupSubscribers implements TailListener, Runnable {
    private final EventLoopFanout fanout;
    private final SharedTail tail;
    private final FrameFormat format;
    private final CursorArray others = new CursorArray();
    private final LivePass pass;
    private final CatchUpDelivery catchUp;

    /// The newest attach task of each session that waits for the status.
    private final SequencedMap<SessionCursors, AttachTask> waitForStatus = new LinkedHashMap<>(1);

    private final AtomicBoolean scheduled = new AtomicBoolean();
    private volatile boolean open = true;

    /// Depth of nested slices. These subscribers do not close while it is above 0.
    private int depth;

    private long deliveriesWritten;
    private long bytesWritten;

    GroupSubscribers(EventLoopFanout fanout, SharedTail tail, FrameFormat format) {
        this.fanout = fanout;
        this.tail = tail;
        this.format = format;
        pass = new LivePass(this, fanout);
        catchUp = new CatchUpDelivery(this, fanout);
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
        return tail.status() instanceof TailStatus.LiveTail(var live) ? live.position() : 0;
    }

    GroupTail lastKnownTail() {
        return tail.status() instanceof TailStatus.LiveTail(var live) ? live : pass.targetTail();
    }

    // Events of the tail, on any thread.

    @Override
    public FrameFormat format() {
        return format;
    }

    @Override
    public void moved() {
        if (open && scheduled.compareAndSet(false, true)) {
            fanout.run(this);
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
        if (!fanout.run(() -> catchUp.arrived(deliveries, done))) {
            deliveries.release();
            done.run();
        }
    }

    @Override
    public void again(long after) {
        fanout.run(() -> catchUp.again(after));
    }

    @Override
    public void trimmed(long after, GroupTail newTail) {
        fanout.run(() -> catchUp.trimmed(after, newTail));
    }

    // Attach and detach.

    void enter(DeliveryCursor cursor) {
        cursor.subscribers = this;
        others.add(cursor);
        fanout.metrics.attached(1);
    }

    void exit(DeliveryCursor cursor) {
        (cursor.state == CursorState.AT_TAIL ? pass.atTail() : others).remove(cursor);
        fanout.metrics.attached(-1);
        endIfEmpty();
    }

    private void endIfEmpty() {
        if (open && depth == 0 && pass.atTail().isEmpty() && others.isEmpty()) {
            open = false;
            tail.remove(this);
            pass.close();
            fanout.subscribersEnded(this);
        }
    }

    void attach(DeliveryCursor cursor, AttachRequest request, Membership membership) {
        fanout.become(cursor, CursorState.ATTACHING);
        new AttachTask(this, fanout, cursor, request, membership).tryNow();
    }

    void waitForStatus(DeliveryCursor cursor, AttachTask task) {
        waitForStatus.put(cursor.session, task);
    }

    void onAttached(DeliveryCursor cursor) {
        cursor.attached = true;
        pass.settle();
        if (!cursor.headIsUnchecked() && cursor.position == pass.target()) {
            join(cursor);
        } else {
            fanout.queue(cursor);
        }
    }

    void gap(DeliveryCursor cursor, GapReason reason, GroupTail newTail) {
        fanout.leave(cursor);
        fanout.tell(cursor, sink -> sink.gap(group(), reason, newTail));
    }

    void detach(DeliveryCursor cursor, DetachReason reason) {
        fanout.leave(cursor);
        fanout.tell(cursor, sink -> sink.detached(group(), reason));
    }

    // Delivery.

    /// Delivers what is pending, up to the limit of a slice.
    @Override
    public void run() {
        scheduled.set(false);
        if (!open) {
            return;
        }
        beginSlice();
        try {
            deliverPending();
        } catch (Throwable e) {
            fanout.retryLater(this::moved, e);
        } finally {
            endSlice();
        }
    }

    private void deliverPending() {
        switch (tail.status()) {
            case TailStatus.Starting() -> {}
            case TailStatus.Unavailable() -> runWaitingAttaches();
            case TailStatus.FrozenTail() -> {
                detachAll(DetachReason.GROUP_FROZEN);
                runWaitingAttaches();
            }
            case TailStatus.DeletedTail() -> {
                detachAll(DetachReason.GROUP_DELETED);
                runWaitingAttaches();
            }
            case TailStatus.LiveTail _ -> {
                runWaitingAttaches();
                if (pass.slice()) {
                    resume();
                }
            }
        }
    }

    private void runWaitingAttaches() {
        for (int remaining = fanout.limits.sliceSessions(); remaining > 0; remaining--) {
            var next = waitForStatus.pollFirstEntry();
            if (next == null) {
                return;
            }
            next.getValue().tryNow();
        }
        resume();
    }

    /// Schedules the next slice when this one ended with deliveries pending.
    private void resume() {
        if (open && scheduled.compareAndSet(false, true)) {
            fanout.runAfterInput(this);
        }
    }

    private void detachAll(DetachReason reason) {
        for (var c = pass.atTail().any(); c != null; c = pass.atTail().any()) {
            detach(c, reason);
        }
        others.beginPass();
        for (var c = others.next(); c != null; c = others.next()) {
            if (c.attached) {
                detach(c, reason);
            }
        }
    }

    /// Counts everything up to [#endSlice] as one slice.
    void beginSlice() {
        depth++;
    }

    void endSlice() {
        depth--;
        if (deliveriesWritten > 0) {
            fanout.metrics.delivered(deliveriesWritten, bytesWritten);
            deliveriesWritten = 0;
            bytesWritten = 0;
        }
        endIfEmpty();
    }

    /// Advances a cursor that is behind.
    void advance(DeliveryCursor cursor) {
        runFor(
                cursor,
                c -> {
                    pass.settle();
                    catchUp.advance(c);
                });
    }

    /// Runs an action for one cursor. A failure ends only that cursor's session.
    void runFor(DeliveryCursor cursor, Consumer<DeliveryCursor> what) {
        beginSlice();
        try {
            what.accept(cursor);
        } catch (Throwable e) {
            fanout.failed(cursor.sink, e);
        } finally {
            endSlice();
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
        fanout.become(cursor, CursorState.AT_TAIL);
        cursor.fresh = null;
        if (!cursor.live) {
            cursor.live = true;
            fanout.tell(cursor, sink -> sink.live(group(), pass.targetTail()));
            fanout.applied(cursor, cursor.acknowledged());
        }
    }

    /// The cursor cannot accept the deliveries of the pass.
    void markBehind(DeliveryCursor cursor, CursorState why) {
        pass.atTail().remove(cursor);
        others.add(cursor);
        fanout.become(cursor, why);
    }

    void moveToCatchUp(DeliveryCursor cursor) {
        pass.atTail().remove(cursor);
        others.add(cursor);
        fanout.queue(cursor);
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
            assert cursor.invariants();
            cursor.fresh = null;
            fanout.write(cursor, deliveries.frames(), bytes);
        }
        if (upTo == removal && !cursor.isGone()) {
            detach(cursor, deliveries.isLeave(removal) ? DetachReason.LEFT : DetachReason.REMOVED);
        }
    }
}
