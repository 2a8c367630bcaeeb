package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.Cursor.State;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What was read comes to all who waited for it, one after the other, as the event loop's slices let it.
/// Confined to the event loop.
final class Wave {
    private final Audience audience;
    private final List<Cursor> waiting;
    private final Consumer<Cursor> turn;
    private final Runnable atEnd;
    private int next;

    /// @param waiting may hold some that wait no more; null when all have gone
    /// @param atEnd called once
    Wave(Audience audience, @Nullable List<Cursor> waiting, Consumer<Cursor> turn, Runnable atEnd) {
        this.audience = audience;
        this.waiting = waiting == null ? List.of() : waiting;
        this.turn = turn;
        this.atEnd = atEnd;
    }

    /// The turn of one of them.
    void goOn() {
        if (!isOver()) {
            var cursor = waiting.get(next++);
            if (cursor.state == State.READING) {
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
