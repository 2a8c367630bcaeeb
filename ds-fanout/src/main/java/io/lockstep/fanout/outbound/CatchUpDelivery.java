package io.lockstep.fanout.outbound;

import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import io.lockstep.log.GroupTail;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Advances the cursors of a group that are behind to its target, one joined buffer at a time,
/// when the socket and the window of each allow it. Cursors at the same position share the buffer
/// and the log read behind it. Confined to the event loop.
final class CatchUpDelivery {
    private final GroupSubscribers subscribers;
    private final EventLoopFanout fanout;

    /// Cursors in state READING, by the position after which they read. May contain cursors that
    /// are gone.
    private final Map<Long, List<DeliveryCursor>> readers = new HashMap<>(2);

    /// Cursors in state AHEAD_OF_LIVE. May contain cursors that are gone.
    private List<DeliveryCursor> ahead = new ArrayList<>(0);

    CatchUpDelivery(GroupSubscribers subscribers, EventLoopFanout fanout) {
        this.subscribers = subscribers;
        this.fanout = fanout;
    }

    /// Advances a cursor that was READY.
    void advance(DeliveryCursor cursor) {
        if (!cursor.headIsUnchecked() && !canTakeMore(cursor)) {
            return;
        }
        var deliveries = subscribers.tail().catchUpBuffer(cursor.position, subscribers.format());
        if (deliveries == null) {
            read(cursor);
            return;
        }
        try {
            deliver(cursor, deliveries);
        } finally {
            deliveries.release();
        }
    }

    /// The target has moved. Cursors that were ahead of it check it again.
    void targetMoved() {
        if (!ahead.isEmpty()) {
            var waiting = ahead;
            ahead = new ArrayList<>(0);
            for (var cursor : waiting) {
                if (cursor.state == CursorState.AHEAD_OF_LIVE) {
                    fanout.queue(cursor);
                }
            }
        }
    }

    /// Whether there is something to deliver and the session accepts it. If not, the cursor's state
    /// names what it waits for.
    private boolean canTakeMore(DeliveryCursor cursor) {
        long target = subscribers.target();
        if (cursor.position == target) {
            subscribers.join(cursor);
        } else if (cursor.position > target) {
            fanout.become(cursor, CursorState.AHEAD_OF_LIVE);
            ahead.add(cursor);
        } else if (!cursor.sink.isWritable()) {
            fanout.become(cursor, CursorState.UNWRITABLE);
        } else if (cursor.windowEnd() <= cursor.position) {
            fanout.become(cursor, CursorState.WINDOW_FULL);
        } else {
            return true;
        }
        return false;
    }

    /// @param deliveries borrowed; they follow the cursor's position
    private void deliver(DeliveryCursor cursor, JoinedDeliveries deliveries) {
        if (cursor.headIsUnchecked()) {
            if (!deliveries.continues(subscribers.group(), cursor.uncheckedHead)) {
                subscribers.gap(cursor, GapReason.OTHER_HISTORY, subscribers.lastKnownTail());
                return;
            }
            cursor.beginAtStart();
            if (cursor.position != deliveries.after()) {
                fanout.queue(cursor);
                return;
            }
        }
        if (!canTakeMore(cursor)) {
            return;
        }
        try {
            subscribers.deliver(cursor, deliveries, subscribers.target());
        } finally {
            fanout.settle();
        }
        if (cursor.isGone()) {
            return;
        }
        if (cursor.position == subscribers.target()) {
            subscribers.join(cursor);
        } else {
            fanout.queue(cursor);
        }
    }

    private void read(DeliveryCursor cursor) {
        fanout.become(cursor, CursorState.READING);
        var waiting = readers.get(cursor.position);
        if (waiting == null) {
            waiting = new ArrayList<>(1);
            readers.put(cursor.position, waiting);
            waiting.add(cursor);
            subscribers.tail().read(cursor.position, subscribers);
        } else {
            waiting.add(cursor);
        }
    }

    /// @param deliveries released by this method after all cursors that wait for them had their
    ///     slice
    /// @param done called after the release
    void arrived(JoinedDeliveries deliveries, Runnable done) {
        fanout.queue(
                new ReadCompletion(
                        subscribers,
                        readers.remove(deliveries.after()),
                        cursor -> deliver(cursor, deliveries),
                        () -> {
                            deliveries.release();
                            done.run();
                        }));
    }

    void again(long after) {
        fanout.queue(
                new ReadCompletion(subscribers, readers.remove(after), fanout::queue, () -> {}));
    }

    void trimmed(long after, GroupTail tail) {
        fanout.queue(
                new ReadCompletion(
                        subscribers,
                        readers.remove(after),
                        cursor -> isTrimmed(cursor, tail),
                        () -> {}));
    }

    private void isTrimmed(DeliveryCursor cursor, GroupTail tail) {
        long firstReadable = tail.firstRetained() - 1;
        var request = cursor.fresh;
        if (cursor.headIsUnchecked() && cursor.start() >= firstReadable) {
            cursor.beginAtStart();
            fanout.queue(cursor);
        } else if (request == null) {
            subscribers.gap(cursor, GapReason.TRIMMED, tail);
        } else if (firstReadable >= cursor.lastVisible) {
            subscribers.detach(cursor, DetachReason.REMOVED);
        } else if (firstReadable > cursor.authorisedUpTo) {
            // The log may have trimmed the removal before this member saw it (invariant I9). Every
            // later read of the roster includes all entries that the log held when it answered.
            cursor.authorisedUpTo = tail.position();
            fanout.authorise(cursor, request);
        } else {
            cursor.startAt(firstReadable, cursor.lastVisible);
            fanout.queue(cursor);
        }
    }
}
