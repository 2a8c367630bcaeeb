package io.lockstep.client;

import io.lockstep.wire.mls.GroupId;
import java.util.Optional;

/// Stores the cursors of what a client has applied, so that it continues from there after a
/// restart. The client calls it on its event loop: an implementation must return quickly.
///
/// ```java
/// CursorStore cursors = new FileCursorStore(Path.of("cursors"), false);
/// var config = ClientConfig.of(webSocket, http, token, backoff).withCursors(cursors);
/// ```
public interface CursorStore {
    Optional<LogCursor> load(GroupId group);

    void save(LogCursor cursor);

    void forget(GroupId group);
}
