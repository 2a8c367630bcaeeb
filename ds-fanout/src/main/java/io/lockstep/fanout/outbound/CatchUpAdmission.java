package io.lockstep.fanout.outbound;

import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Slots for sessions that are far behind. A limited number of sessions catches up at the same
/// time; the others wait in a line. When thousands of sessions reconnect together, the first soon
/// reach the tail, and the kernel buffers the unread bytes of few sessions only. If all were served
/// in parallel, all would be late, and the kernel would buffer bytes of each.
///
/// A session keeps its slot until none of its cursors is behind. While others wait, `revokeIdle`
/// revokes the slot of a session that does not read or acknowledge, and of a session that has had
/// its slot for long. Such a session enters the line again when it can continue.
///
/// Invariants: a session has a slot or waits in the line, never both; `line not empty ⇒ no slot is
/// free`. A session that lacks little needs no slot. Confined to the event loop.
final class CatchUpAdmission {
    /// In calls of [#revokeIdle]. Without this limit a session that reads a little now and then
    /// would keep its slot for ever.
    static final int ROUNDS_MAX = 20;

    private final int slotsMax;

    /// Sessions with a slot, each with the number of calls of [#revokeIdle] before it got the slot.
    private final Map<SessionCursors, Long> slots = new LinkedHashMap<>();

    private long rounds;

    /// The sessions in `slots` that ran since the last call of [#revokeIdle].
    private final Set<SessionCursors> served = new LinkedHashSet<>();

    /// The line, in order of arrival. The value holds the session's cursors that are READY and far
    /// behind; it is never empty. A session waits once for all its groups. If it waited once for
    /// each group, it would keep the slot of the first until the last had run, and the sessions
    /// between could wait for ever.
    private final SequencedMap<SessionCursors, Set<DeliveryCursor>> line = new LinkedHashMap<>();

    CatchUpAdmission(int slotsMax) {
        this.slotsMax = slotsMax;
    }

    /// Whether a cursor that is READY may run now. If not, the cursor is now in the line.
    boolean admit(DeliveryCursor cursor) {
        var session = cursor.session;
        if (!slots.containsKey(session)) {
            if (slots.size() == slotsMax) {
                line.computeIfAbsent(session, _ -> new LinkedHashSet<>()).add(cursor);
                assert invariants(session);
                return false;
            }
            slots.put(session, rounds);
        }
        served.add(session);
        assert invariants(session);
        return true;
    }

    boolean hasWaiters() {
        return !line.isEmpty();
    }

    /// The cursor is not behind any more: it reached the target, or is gone.
    void release(DeliveryCursor cursor) {
        var session = cursor.session;
        var waiting = line.get(session);
        if (waiting != null && waiting.remove(cursor) && waiting.isEmpty()) {
            line.remove(session);
        }
        if (slots.containsKey(session) && !session.hasAny(CursorState::isBehind)) {
            slots.remove(session);
            served.remove(session);
        }
    }

    /// Called periodically while sessions wait. Revokes slots of sessions that did not run since
    /// the last call because they read or acknowledged nothing, and of sessions that have had a
    /// slot for [#ROUNDS_MAX] calls.
    void revokeIdle() {
        rounds++;
        slots.entrySet()
                .removeIf(slot -> isIdle(slot.getKey()) || rounds - slot.getValue() >= ROUNDS_MAX);
        served.clear();
    }

    private boolean isIdle(SessionCursors session) {
        return !served.contains(session) && !session.hasAny(CursorState::waitsForUs);
    }

    /// Gives a free slot to the first session in the line.
    ///
    /// @return the session's waiting cursors, which may run now; empty when no slot is
    ///     free or no session waits
    Set<DeliveryCursor> next() {
        var first = slots.size() < slotsMax ? line.pollFirstEntry() : null;
        if (first == null) {
            assert line.isEmpty() || slots.size() == slotsMax;
            return Set.of();
        }
        slots.put(first.getKey(), rounds);
        assert invariants(first.getKey());
        return first.getValue();
    }

    private boolean invariants(SessionCursors session) {
        return slots.size() <= slotsMax
                && served.size() <= slots.size()
                && !(slots.containsKey(session) && line.containsKey(session));
    }
}
