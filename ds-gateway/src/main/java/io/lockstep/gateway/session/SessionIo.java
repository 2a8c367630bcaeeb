package io.lockstep.gateway.session;

import io.lockstep.wire.proto.ServerFrame;
import java.time.Duration;
import reactor.core.Disposable;

/// Sends the frames of a session's components, and runs their tasks on the session's event loop.
interface SessionIo {
    /// Sends one frame, unless the session is closing.
    void send(ServerFrame frame);

    /// One more of the session's submissions was answered.
    void answered();

    /// Whether frames that are not answers may be sent now.
    boolean isWritable();

    /// Runs the task on the session's event loop, unless the session has ended by then. Callable
    /// from any thread.
    void onLoop(Runnable task);

    /// Runs the task once on the session's event loop after the time, unless the session has ended
    /// by then. Called on the event loop.
    ///
    /// @return cancels the task; call it on the event loop
    Disposable later(Duration time, Runnable task);
}
