package io.lockstep.fanout.socket;

import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.SecureSocket;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/// A write path with one `write(2)` for each plain sink whose queue is empty. It bypasses Netty's
/// pipeline and outbound buffer: no duplicate of the buffer, no entry, no promise. All other
/// sinks, and bytes that a socket does not accept, go through [DeliverySink#write].
final class DirectWritePath implements WritePath {
    @Override
    public void write(DeliverySink sink, ByteBuf frames, int length) {
        var socket = frames.hasMemoryAddress() ? sink.socket() : null;
        int taken =
                socket == null || socket instanceof SecureSocket
                        ? 0
                        : write(socket.descriptor(), frames, length);
        if (taken < length) {
            NettyWritePath.writeRest(sink, frames, taken, length);
        }
    }

    /// @return the number of bytes that the socket accepted
    private static int write(FileDescriptor socket, ByteBuf frames, int length) {
        int from = frames.readerIndex();
        try {
            return Math.max(0, socket.writeAddress(frames.memoryAddress(), from, from + length));
        } catch (IOException _) {
            return 0; // the sink's own write fails too, and ends the connection
        }
    }

    @Override
    public void settle() {}

    @Override
    public void close() {}
}
