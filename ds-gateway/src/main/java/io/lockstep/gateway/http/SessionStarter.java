package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.channel.ChannelPipeline;

/// Takes over a connection that has become a WebSocket.
public interface SessionStarter {
    /// Adds what a session needs at the end of the pipeline; bytes that came with the upgrade follow.
    /// Called on the connection's event loop, of a channel that does not read by itself.
    ///
    /// @return lets the session read from the socket; called on the event loop when the bytes that came with the
    ///     upgrade were handed over
    Runnable start(
            ChannelPipeline pipeline,
            FrameFormat format,
            ConnectionAdmission.AdmittedConnection ticket);
}
