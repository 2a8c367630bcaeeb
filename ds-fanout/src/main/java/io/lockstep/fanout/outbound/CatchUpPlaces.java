package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.Cursor.State;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// The places for those far behind: so many sessions are brought up at a time, the others stand in a line. When
/// thousands come back together the first are soon up to date, and the kernel holds what few of them have not
/// read yet; served all alike they would all be late, with something of each in the kernel's memory.
///
/// A session keeps its place until nothing of it is behind. While others stand in the line, who does not read or
/// acknowledge gives up its place (`makeRoom`), and so does who has had it long; once it can go on, it stands in
/// the line again.
///
/// A session has a place or stands in the line, never both; `line not empty ⇒ no place is free`. Who lacks little
/// needs no place. Confined to the event loop.
final class CatchUpPlaces {
    /// In calls of [#makeRoom]: who reads a little now and then would keep a place from the others for ever.
    static final int ROUNDS_MAX = 20;

    private final int placesMax;

    /// With the number of calls of [#makeRoom] before it got the place.
    private final Map<SessionCursors, Long> placed = new LinkedHashMap<>();

    private long rounds;

    /// Of those, who had a turn since [#makeRoom] was last called.
    private final Set<SessionCursors> served = new LinkedHashSet<>();

    /// First come first, with what of each is READY and far behind: never none. Of all its groups a session waits
    /// for one place; were it to stand here for each, it would keep the place of the first until the turn of the
    /// last, and those between could wait for ever.
    private final SequencedMap<SessionCursors, Set<Cursor>> line = new LinkedHashMap<>();

    CatchUpPlaces(int placesMax) {
        this.placesMax = placesMax;
    }

    /// Whether it is the turn of a cursor that is READY; if not, it stands in the line now.
    boolean isTurnOf(Cursor cursor) {
        var session = cursor.session;
        if (!placed.containsKey(session)) {
            if (placed.size() == placesMax) {
                line.computeIfAbsent(session, _ -> new LinkedHashSet<>()).add(cursor);
                return false;
            }
            placed.put(session, rounds);
        }
        served.add(session);
        return true;
    }

    boolean someoneWaits() {
        return !line.isEmpty();
    }

    /// The cursor is not behind any more: it has been shown all, or has gone.
    void left(Cursor cursor) {
        var session = cursor.session;
        var waiting = line.get(session);
        if (waiting != null && waiting.remove(cursor) && waiting.isEmpty()) {
            line.remove(session);
        }
        if (placed.containsKey(session) && !session.hasAny(State::isBehind)) {
            placed.remove(session);
            served.remove(session);
        }
    }

    /// Called from time to time while someone waits. They give up their places who had no turn since the last
    /// call and could not have had one, as they read or acknowledge nothing, and who has a place for [#ROUNDS_MAX]
    /// calls.
    void makeRoom() {
        rounds++;
        placed.entrySet()
                .removeIf(
                        place -> isIdle(place.getKey()) || rounds - place.getValue() >= ROUNDS_MAX);
        served.clear();
    }

    private boolean isIdle(SessionCursors session) {
        return !served.contains(session) && !session.hasAny(State::waitsForUs);
    }

    /// The first in the line gets a place, if one is free.
    ///
    /// @return what of it waits, whose turn it is now: empty when there is no place or nobody
    Set<Cursor> next() {
        var first = placed.size() < placesMax ? line.pollFirstEntry() : null;
        if (first == null) {
            return Set.of();
        }
        placed.put(first.getKey(), rounds);
        return first.getValue();
    }
}
