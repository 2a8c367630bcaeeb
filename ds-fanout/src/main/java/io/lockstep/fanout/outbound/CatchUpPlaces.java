package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.Cursor.State;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The places for those far behind: so many sessions are brought up at a time, the others stand in a line. When
/// thousands come back together the first are soon up to date, and the kernel holds what few of them have not
/// read yet; served all alike they would all be late, with something of each in the kernel's memory.
///
/// A session keeps its place until nothing of it is behind. While others stand in the line, who does not read or
/// acknowledge gives up its place (`makeRoom`) and, once it can go on, stands in the line again.
///
/// `line not empty ⇒ no place is free`. Who lacks little needs no place. Confined to the event loop.
final class CatchUpPlaces {
    private final int placesMax;
    private final Set<SessionCursors> placed = new LinkedHashSet<>();

    /// Of those, who had a turn since [#makeRoom] was last called.
    private final Set<SessionCursors> served = new LinkedHashSet<>();

    /// In state READY, first come first.
    private final Set<Cursor> line = new LinkedHashSet<>();

    CatchUpPlaces(int placesMax) {
        this.placesMax = placesMax;
    }

    /// Whether it is the turn of a cursor that is READY; if not, it stands in the line now.
    boolean isTurnOf(Cursor cursor) {
        if (!take(cursor.session)) {
            line.add(cursor);
            return false;
        }
        served.add(cursor.session);
        return true;
    }

    private boolean take(SessionCursors session) {
        return placed.contains(session) || (placed.size() < placesMax && placed.add(session));
    }

    boolean someoneWaits() {
        return !line.isEmpty();
    }

    /// The cursor is not behind any more: it has been shown all, or has gone.
    void left(Cursor cursor) {
        line.remove(cursor);
        var session = cursor.session;
        if (placed.contains(session) && !session.hasAny(State::isBehind)) {
            giveUp(session);
        }
    }

    /// Called from time to time while someone waits: those who had no turn since the last call and could not
    /// have had one, as they read or acknowledge nothing, give up their places.
    void makeRoom() {
        for (var session : List.copyOf(placed)) {
            if (!served.contains(session) && !session.hasAny(State::waitsForUs)) {
                giveUp(session);
            }
        }
        served.clear();
    }

    private void giveUp(SessionCursors session) {
        placed.remove(session);
        served.remove(session);
    }

    /// The next in the line for whom there is a place, which is taken.
    ///
    /// @return null when there is no place or nobody
    @Nullable Cursor next() {
        var waiting = line.iterator();
        if (!waiting.hasNext()) {
            return null;
        }
        var first = waiting.next();
        if (!take(first.session)) {
            return null;
        }
        waiting.remove();
        return first;
    }
}
