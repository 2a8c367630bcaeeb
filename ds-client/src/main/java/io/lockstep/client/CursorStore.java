package io.lockstep.client;

import io.lockstep.wire.mls.GroupId;
import java.util.Optional;

/// Where a client keeps the cursors of what it has applied, so that it goes on from there after a restart.
/// Called on the client's event loop: an implementation must be quick.
public interface CursorStore {
    Optional<Cursor> load(GroupId group);

    void save(Cursor cursor);

    void forget(GroupId group);
}
