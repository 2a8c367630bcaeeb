package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.channel.ChannelPipeline;

/// Takes over a connection that was upgraded to WebSocket.
public interface SessionStarter {
    /// Adds the session's handlers at the end of the pipeline; bytes that arrived with the upgrade
    /// follow. Called on the connection's event loop, while `autoRead` is off.
    ///
    /// @return lets the session read from the socket; called on the event loop after the bytes that
    ///     arrived with the upgrade were delivered
    Runnable start(
            ChannelPipeline pipeline,
            FrameFormat format,
            ConnectionAdmission.AdmittedConnection admitted);
}
