package io.lockstep.fanout.outbound;

import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.outbound.DeliveryCursor.CursorState;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The cursors of one session, by group. Most sessions of a large group have one cursor, which is
/// stored without a map. Confined to the sink's event loop.
///
/// `byGroup ≠ null ⇒ single = null`
final class SessionCursors {
    final DeliverySink sink;

    /// The cursor, while there is only one.
    private @Nullable DeliveryCursor single;

    /// All cursors, after a second one was added.
    private @Nullable Map<GroupId, DeliveryCursor> byGroup;

    /// Cursors in state UNWRITABLE, the longest waiting first, so that a slow socket serves its
    /// groups one after the other.
    private @Nullable ArrayDeque<DeliveryCursor> unwritable;

    SessionCursors(DeliverySink sink) {
        this.sink = sink;
    }

    @Nullable DeliveryCursor find(GroupId group) {
        var one = single;
        if (one != null) {
            return one.group.equals(group) ? one : null;
        }
        return byGroup == null ? null : byGroup.get(group);
    }

    /// Adds a cursor, or replaces the cursor of the same group.
    ///
    /// @return the replaced cursor, or null
    @Nullable DeliveryCursor put(DeliveryCursor cursor) {
        var one = single;
        if (byGroup != null) {
            return byGroup.put(cursor.group, cursor);
        }
        if (one == null || one.group.equals(cursor.group)) {
            single = cursor;
            assert invariants();
            return one;
        }
        var both = new HashMap<GroupId, DeliveryCursor>(4);
        both.put(one.group, one);
        both.put(cursor.group, cursor);
        byGroup = both;
        single = null;
        assert invariants();
        return null;
    }

    /// Does nothing when another cursor has replaced it.
    void remove(DeliveryCursor cursor) {
        if (single == cursor) {
            single = null;
        } else if (byGroup != null) {
            byGroup.remove(cursor.group, cursor);
        }
    }

    /// Replaces the cursor's group id by an equal instance that thousands of cursors share.
    void shareGroup(DeliveryCursor cursor, GroupId shared) {
        if (byGroup != null && byGroup.remove(cursor.group, cursor)) {
            byGroup.put(shared, cursor);
        }
        cursor.group = shared;
    }

    List<DeliveryCursor> takeAll() {
        var all = new ArrayList<DeliveryCursor>();
        if (single != null) {
            all.add(single);
        }
        if (byGroup != null) {
            all.addAll(byGroup.values());
        }
        single = null;
        byGroup = null;
        return all;
    }

    boolean hasAny(Predicate<CursorState> state) {
        var one = single;
        if (one != null) {
            return state.test(one.state);
        }
        return byGroup != null
                && byGroup.values().stream().anyMatch(cursor -> state.test(cursor.state));
    }

    void addUnwritable(DeliveryCursor cursor) {
        if (unwritable == null) {
            unwritable = new ArrayDeque<>(1);
        }
        unwritable.add(cursor);
    }

    void removeUnwritable(DeliveryCursor cursor) {
        if (unwritable != null) {
            unwritable.remove(cursor);
        }
    }

    /// The cursor that has waited longest; null when none waits.
    @Nullable DeliveryCursor pollUnwritable() {
        var next = unwritable == null ? null : unwritable.poll();
        if (next == null) {
            unwritable = null;
        }
        return next;
    }

    private boolean invariants() {
        return byGroup == null || single == null;
    }
}
