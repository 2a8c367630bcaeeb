package io.lockstep.gateway.session;

import io.lockstep.wire.proto.ServerFrame;
import java.time.Duration;
import reactor.core.Disposable;

/// Where the parts of a session put their answers, and how they come back to its event loop.
interface SessionIo {
    /// Sends one frame, unless the session is closing.
    void send(ServerFrame frame);

    /// One more of the session's submissions was answered.
    void answered();

    /// Whether there is room for what is not an answer.
    boolean isWritable();

    /// Runs it on the session's event loop, unless the session has ended by then. Callable from any thread.
    void onLoop(Runnable task);

    /// Runs it once on the session's event loop after the time, unless the session has ended by then.
    /// Called on the event loop.
    ///
    /// @return takes it back, on the event loop
    Disposable later(Duration time, Runnable task);
}
