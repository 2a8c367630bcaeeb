package io.lockstep.fanout;

import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.FileDescriptor;

/// A sink's socket, for writes that bypass the sink's queue. The caller uses it immediately,
/// and passes all its bytes to the socket or to [#writeRest] before anything else happens to the
/// sink.
public interface RawSocket {
    FileDescriptor descriptor();

    /// Queues bytes that the socket did not accept, unchanged, and sends them when it does.
    ///
    /// @param bytes released by the callee
    void writeRest(ByteBuf bytes);
}
