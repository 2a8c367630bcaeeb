package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Schedules the cursors of one event loop that are behind, in slices. Between slices
/// the loop serves its sockets. Confined to the event loop.
final class CatchUpScheduler {
    private static final Logger LOG = LoggerFactory.getLogger(CatchUpScheduler.class);

    /// How long a session that reads nothing keeps its slot while others wait: at least this, at
    /// most twice as long.
    private static final int IDLE_SLOT_MILLIS = 500;

    private final EventLoopFanout fanout;
    private final CatchUpAdmission admission;

    /// Cursors in state READY. Each is contained once, here or in the line for a slot. Cursors that
    /// are gone are skipped.
    private final ArrayDeque<DeliveryCursor> ready = new ArrayDeque<>();

    /// Cursors that wait for a completed read; each is contained once.
    private final ArrayDeque<ReadCompletion> completions = new ArrayDeque<>();

    private boolean completionIsNext;
    private boolean scheduled;
    private boolean revocationScheduled;
    private final Runnable slice = this::runSlice;

    CatchUpScheduler(EventLoopFanout fanout) {
        this.fanout = fanout;
        admission = new CatchUpAdmission(fanout.limits.catchUpSessionsMax());
    }

    /// @param cursor has just become READY
    void add(DeliveryCursor cursor) {
        ready.add(cursor);
        schedule();
    }

    void add(ReadCompletion completion) {
        completions.add(completion);
        schedule();
        if (!scheduled) {
            completions.remove(completion);
            completion.end();
        }
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = fanout.run(slice);
        }
    }

    /// The number of cursors in one slice. A cursor that is behind costs a joined buffer, not one
    /// message, so a slice has fewer of them.
    private int sliceSize() {
        return Math.max(1, fanout.limits.sliceSessions() / 8);
    }

    /// Runs one slice. A cursor that becomes READY meanwhile waits for the next slice: `scheduled`
    /// stays true during this one.
    private void runSlice() {
        try {
            for (int remaining = sliceSize(); remaining > 0 && runNext(); remaining--) {}
        } finally {
            scheduled = !ready.isEmpty() || !completions.isEmpty();
            if (scheduled) {
                fanout.runAfterInput(slice);
            }
        }
    }

    /// Alternates between completions and ready cursors, so that neither waits for all of the
    /// other.
    private boolean runNext() {
        completionIsNext = !completionIsNext;
        return completionIsNext
                ? runCompletion() || advanceCursor()
                : advanceCursor() || runCompletion();
    }

    private boolean runCompletion() {
        var completion = completions.poll();
        if (completion == null) {
            return false;
        }
        try {
            completion.resume();
        } finally {
            if (completion.isFinished()) {
                completion.end();
            } else {
                completions.add(completion);
            }
        }
        return true;
    }

    private boolean advanceCursor() {
        var cursor = ready.poll();
        if (cursor == null) {
            return false;
        }
        var subscribers = cursor.subscribers;
        if (cursor.state == CursorState.READY && subscribers != null) {
            if (isNearTail(cursor, subscribers) || admission.admit(cursor)) {
                subscribers.advance(cursor);
            } else {
                scheduleRevocation();
            }
        }
        return true;
    }

    /// Whether one buffer brings the cursor to the target. It would wait longer for a slot than use
    /// it.
    private boolean isNearTail(DeliveryCursor cursor, GroupSubscribers subscribers) {
        return subscribers.target() - cursor.position <= fanout.limits.joinedCountMax();
    }

    /// The cursor is not behind any more.
    void release(DeliveryCursor cursor) {
        admission.release(cursor);
        admitWaiting();
    }

    private void admitWaiting() {
        for (var next = admission.next(); !next.isEmpty(); next = admission.next()) {
            next.forEach(this::add);
        }
    }

    /// Calls `revokeIdle` periodically while sessions wait for a slot.
    private void scheduleRevocation() {
        if (!revocationScheduled) {
            revocationScheduled = true;
            try {
                var _ =
                        fanout.loop.schedule(
                                this::revokeIdle, IDLE_SLOT_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException _) {
                LOG.debug("the event loop has stopped; its catch-up slots are no longer checked");
            }
        }
    }

    private void revokeIdle() {
        revocationScheduled = false;
        admission.revokeIdle();
        admitWaiting();
        if (admission.hasWaiters()) {
            scheduleRevocation();
        }
    }

    /// Releases all completions. Otherwise their reads would still count against the limit that all
    /// loops share.
    void end() {
        for (var completion = completions.poll();
                completion != null;
                completion = completions.poll()) {
            completion.end();
        }
    }
}
