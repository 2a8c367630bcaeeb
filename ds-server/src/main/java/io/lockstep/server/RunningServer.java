package io.lockstep.server;

import java.util.List;

/// A server that has started: what to tell about it, and its end.
interface RunningServer extends AutoCloseable {
    /// For people, a line each.
    List<String> banner();

    /// Stops in good order, in bounded time; a second call does nothing.
    @Override
    void close();
}
