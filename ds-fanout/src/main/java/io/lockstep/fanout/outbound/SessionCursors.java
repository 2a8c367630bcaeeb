package io.lockstep.fanout.outbound;

import io.lockstep.fanout.Outlet;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/// The cursors of one session. Confined to the outlet's event loop.
final class SessionCursors {
    final Outlet outlet;
    final Map<GroupId, Cursor> byGroup = new HashMap<>(2);

    /// In state UNWRITABLE, who waited longest first, so that a narrow socket serves all groups in turn.
    final ArrayDeque<Cursor> unwritable = new ArrayDeque<>(1);

    SessionCursors(Outlet outlet) {
        this.outlet = outlet;
    }
}
