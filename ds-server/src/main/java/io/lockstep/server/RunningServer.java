package io.lockstep.server;

import java.time.Duration;
import java.util.List;

/// A server that has started, with its banner and its stop.
interface RunningServer extends AutoCloseable {
    /// Lines for people.
    List<String> banner();

    /// Reloads files that may change while the server runs. SIGHUP triggers it.
    void reload();

    /// Sets the action that ends the process. It runs once, when the process is out of memory.
    void onOutOfMemory(Runnable end);

    /// The maximum time of [#close]. After it the process is halted.
    Duration stopMax();

    /// Stops in good order and in bounded time. A second call does nothing.
    @Override
    void close();
}
