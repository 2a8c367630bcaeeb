package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Passes the result of one read to all cursors that waited for it, one after the other, in the
/// slices of the event loop. Confined to the event loop.
final class ReadCompletion {
    private final GroupSubscribers audience;
    private final List<DeliveryCursor> waiting;
    private final Consumer<DeliveryCursor> turn;
    private final Runnable atEnd;
    private int next;

    /// @param waiting may contain cursors that no longer wait; null when all have gone
    /// @param atEnd called once
    ReadCompletion(
            GroupSubscribers audience,
            @Nullable List<DeliveryCursor> waiting,
            Consumer<DeliveryCursor> turn,
            Runnable atEnd) {
        this.audience = audience;
        this.waiting = waiting == null ? List.of() : waiting;
        this.turn = turn;
        this.atEnd = atEnd;
    }

    /// Runs the turn of the next cursor.
    void goOn() {
        if (!isOver()) {
            var cursor = waiting.get(next++);
            if (cursor.state == CursorState.READING) {
                audience.turnOf(cursor, turn);
            }
        }
    }

    boolean isOver() {
        return next >= waiting.size();
    }

    void end() {
        atEnd.run();
    }
}
