package io.lockstep.client;

import io.lockstep.wire.mls.GroupId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// A [CursorStore] in memory; its cursors end with the process.
///
/// ```java
/// var config = ClientConfig.of(webSocket, http, token, backoff)
///         .withCursors(new MemoryCursorStore());
/// ```
public final class MemoryCursorStore implements CursorStore {
    private final Map<GroupId, LogCursor> cursors = new ConcurrentHashMap<>();

    @Override
    public Optional<LogCursor> load(GroupId group) {
        return Optional.ofNullable(cursors.get(group));
    }

    @Override
    public void save(LogCursor cursor) {
        cursors.put(cursor.group(), cursor);
    }

    @Override
    public void forget(GroupId group) {
        cursors.remove(group);
    }
}
