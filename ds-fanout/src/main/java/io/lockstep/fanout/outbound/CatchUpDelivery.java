package io.lockstep.fanout.outbound;

import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import io.lockstep.log.GroupTail;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Advances the cursors of an audience that are behind to its target, one joined buffer at a time,
/// when the socket and the window of each allow it. Cursors at the same position share the buffer
/// and the log read behind it. Confined to the event loop.
final class CatchUpDelivery {
    private final GroupSubscribers audience;
    private final EventLoopFanout sessions;

    /// Cursors in state READING, by the position after which they read. May contain cursors that
    /// are gone.
    private final Map<Long, List<DeliveryCursor>> readers = new HashMap<>(2);

    /// Cursors in state AHEAD_OF_PASS. May contain cursors that are gone.
    private List<DeliveryCursor> ahead = new ArrayList<>(0);

    CatchUpDelivery(GroupSubscribers audience, EventLoopFanout sessions) {
        this.audience = audience;
        this.sessions = sessions;
    }

    /// Advances a cursor that was READY.
    void advance(DeliveryCursor cursor) {
        if (!cursor.headIsUnchecked() && !canTakeMore(cursor)) {
            return;
        }
        var deliveries = audience.tail().joined(cursor.position, audience.format());
        if (deliveries == null) {
            read(cursor);
            return;
        }
        try {
            show(cursor, deliveries);
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
                if (cursor.state == CursorState.AHEAD_OF_PASS) {
                    sessions.queue(cursor);
                }
            }
        }
    }

    /// Whether there is something to deliver and the session accepts it. If not, the cursor's state
    /// names what it waits for.
    private boolean canTakeMore(DeliveryCursor cursor) {
        long target = audience.target();
        if (cursor.position == target) {
            audience.join(cursor);
        } else if (cursor.position > target) {
            sessions.become(cursor, CursorState.AHEAD_OF_PASS);
            ahead.add(cursor);
        } else if (!cursor.outlet.isWritable()) {
            sessions.become(cursor, CursorState.UNWRITABLE);
        } else if (cursor.windowEnd() <= cursor.position) {
            sessions.become(cursor, CursorState.WINDOW_SHUT);
        } else {
            return true;
        }
        return false;
    }

    /// @param deliveries borrowed; they follow the cursor's position
    private void show(DeliveryCursor cursor, JoinedDeliveries deliveries) {
        if (cursor.headIsUnchecked()) {
            if (!deliveries.continues(audience.group(), cursor.uncheckedHead)) {
                audience.gap(cursor, GapReason.OTHER_HISTORY, audience.lastKnownTail());
                return;
            }
            cursor.beginAtStart();
            if (cursor.position != deliveries.after()) {
                sessions.queue(cursor);
                return;
            }
        }
        if (!canTakeMore(cursor)) {
            return;
        }
        try {
            audience.deliver(cursor, deliveries, audience.target());
        } finally {
            sessions.settle();
        }
        if (cursor.isGone()) {
            return;
        }
        if (cursor.position == audience.target()) {
            audience.join(cursor);
        } else {
            sessions.queue(cursor);
        }
    }

    private void read(DeliveryCursor cursor) {
        sessions.become(cursor, CursorState.READING);
        var waiting = readers.get(cursor.position);
        if (waiting == null) {
            waiting = new ArrayList<>(1);
            readers.put(cursor.position, waiting);
            waiting.add(cursor);
            audience.tail().read(cursor.position, audience);
        } else {
            waiting.add(cursor);
        }
    }

    /// @param deliveries released by this method after all cursors that wait for them had their
    ///     turn
    /// @param done called after the release
    void arrived(JoinedDeliveries deliveries, Runnable done) {
        sessions.queue(
                new ReadCompletion(
                        audience,
                        readers.remove(deliveries.after()),
                        cursor -> show(cursor, deliveries),
                        () -> {
                            deliveries.release();
                            done.run();
                        }));
    }

    void again(long after) {
        sessions.queue(
                new ReadCompletion(audience, readers.remove(after), sessions::queue, () -> {}));
    }

    void trimmed(long after, GroupTail tail) {
        sessions.queue(
                new ReadCompletion(
                        audience,
                        readers.remove(after),
                        cursor -> isTrimmed(cursor, tail),
                        () -> {}));
    }

    private void isTrimmed(DeliveryCursor cursor, GroupTail tail) {
        long firstReadable = tail.firstRetained() - 1;
        var asked = cursor.fresh;
        if (cursor.headIsUnchecked() && cursor.start() >= firstReadable) {
            cursor.beginAtStart();
            sessions.queue(cursor);
        } else if (asked == null) {
            audience.gap(cursor, GapReason.TRIMMED, tail);
        } else if (firstReadable >= cursor.lastVisible) {
            audience.detach(cursor, DetachReason.REMOVED);
        } else if (firstReadable > cursor.authorisedUpTo) {
            // The log may have trimmed the removal before this member saw it (invariant I9). Every
            // later read of the roster includes all entries that the log held when it answered.
            cursor.authorisedUpTo = tail.position();
            sessions.authorise(cursor, asked);
        } else {
            cursor.startAt(firstReadable, cursor.lastVisible);
            sessions.queue(cursor);
        }
    }
}
