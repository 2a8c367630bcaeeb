package io.lockstep.fanout;

import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.FileDescriptor;

/// An outlet's socket, for who writes to it past the outlet's queue. Whoever asks for it uses it at once, and
/// brings all its bytes to the socket or to [#writeRest] before anything else happens to the outlet.
public interface RawSocket {
    FileDescriptor descriptor();

    /// Queues what the socket did not take, as it is, and sends it when it does.
    ///
    /// @param bytes released by the callee
    void writeRest(ByteBuf bytes);
}
