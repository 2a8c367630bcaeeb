package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Passes the result of one read to all cursors that waited for it, one after the other, in the
/// slices of the event loop. Confined to the event loop.
final class ReadCompletion {
    private final GroupSubscribers subscribers;
    private final List<DeliveryCursor> waiting;
    private final Consumer<DeliveryCursor> action;
    private final Runnable atEnd;
    private int next;

    /// @param waiting may contain cursors that no longer wait; null when all have gone
    /// @param atEnd called once
    ReadCompletion(
            GroupSubscribers subscribers,
            @Nullable List<DeliveryCursor> waiting,
            Consumer<DeliveryCursor> action,
            Runnable atEnd) {
        this.subscribers = subscribers;
        this.waiting = waiting == null ? List.of() : waiting;
        this.action = action;
        this.atEnd = atEnd;
    }

    /// Runs the action for the next cursor.
    void resume() {
        if (!isFinished()) {
            var cursor = waiting.get(next++);
            if (cursor.state == CursorState.READING) {
                subscribers.runFor(cursor, action);
            }
        }
    }

    boolean isFinished() {
        return next >= waiting.size();
    }

    void end() {
        atEnd.run();
    }
}
