package io.lockstep.fanout.outbound;

import io.lockstep.fanout.Outlet;
import io.lockstep.fanout.outbound.Cursor.State;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The cursors of one session, by group. Most sessions of a large group have one cursor, and it is held
/// without a map. Confined to the outlet's event loop.
///
/// `more ≠ null ⇒ only = null`
final class SessionCursors {
    final Outlet outlet;

    /// The cursor, while there is one only.
    private @Nullable Cursor only;

    /// All of them, since there was a second one.
    private @Nullable Map<GroupId, Cursor> more;

    /// In state UNWRITABLE, who waited longest first, so that a narrow socket serves all groups in turn.
    private @Nullable ArrayDeque<Cursor> unwritable;

    SessionCursors(Outlet outlet) {
        this.outlet = outlet;
    }

    @Nullable Cursor find(GroupId group) {
        var one = only;
        if (one != null) {
            return one.group.equals(group) ? one : null;
        }
        return more == null ? null : more.get(group);
    }

    /// Puts it in the place of the one with the same group.
    ///
    /// @return that one, or null
    @Nullable Cursor put(Cursor cursor) {
        var one = only;
        if (more != null) {
            return more.put(cursor.group, cursor);
        }
        if (one == null || one.group.equals(cursor.group)) {
            only = cursor;
            return one;
        }
        var both = new HashMap<GroupId, Cursor>(4);
        both.put(one.group, one);
        both.put(cursor.group, cursor);
        more = both;
        only = null;
        return null;
    }

    /// Does nothing when another one has taken its place.
    void remove(Cursor cursor) {
        if (only == cursor) {
            only = null;
        } else if (more != null) {
            more.remove(cursor.group, cursor);
        }
    }

    /// From now on it is known by an equal id: one that thousands share.
    void shareGroup(Cursor cursor, GroupId shared) {
        if (more != null && more.remove(cursor.group, cursor)) {
            more.put(shared, cursor);
        }
        cursor.group = shared;
    }

    List<Cursor> takeAll() {
        var all = new ArrayList<Cursor>();
        if (only != null) {
            all.add(only);
        }
        if (more != null) {
            all.addAll(more.values());
        }
        only = null;
        more = null;
        return all;
    }

    boolean hasAny(Predicate<State> state) {
        var one = only;
        if (one != null) {
            return state.test(one.state);
        }
        return more != null && more.values().stream().anyMatch(cursor -> state.test(cursor.state));
    }

    void addUnwritable(Cursor cursor) {
        if (unwritable == null) {
            unwritable = new ArrayDeque<>(1);
        }
        unwritable.add(cursor);
    }

    void removeUnwritable(Cursor cursor) {
        if (unwritable != null) {
            unwritable.remove(cursor);
        }
    }

    /// Who waited longest; null when nobody does.
    @Nullable Cursor pollUnwritable() {
        var next = unwritable == null ? null : unwritable.poll();
        if (next == null) {
            unwritable = null;
        }
        return next;
    }
}
