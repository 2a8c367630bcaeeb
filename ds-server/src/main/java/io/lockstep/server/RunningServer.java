package io.lockstep.server;

import java.time.Duration;
import java.util.List;

/// A server that has started: what to tell about it, and its end.
interface RunningServer extends AutoCloseable {
    /// For people, a line each.
    List<String> banner();

    /// Reads files again that change while a server runs: what SIGHUP asks for.
    void reload();

    /// What is run once, when the process has run out of memory and should end.
    void onOutOfMemory(Runnable end);

    /// What [#close] may take; beyond it the process is ended all the same.
    Duration stopMax();

    /// Stops in good order, in bounded time; a second call does nothing.
    @Override
    void close();
}
