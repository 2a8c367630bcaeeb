package io.lockstep.fanout.socket;

import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.buffer.ByteBuf;

/// A write path through the sink itself, with its queue for bytes that the socket does not
/// accept, and with TLS.
///
/// It writes and flushes immediately, so that the pooled duplicate returns to its recycler before
/// the next sink needs one. A pass over sockets that accept their bytes allocates nothing.
final class NettyWritePath implements WritePath {
    @Override
    public void write(DeliverySink sink, ByteBuf frames, int length) {
        writeRest(sink, frames, 0, length);
    }

    /// @param taken number of bytes from the reader index on that the socket already has
    /// @param length number of bytes from the reader index on that the sink gets in total; more
    ///     than `taken`
    static void writeRest(DeliverySink sink, ByteBuf frames, int taken, int length) {
        sink.write(
                taken == 0 && length == frames.readableBytes()
                        ? frames.retainedDuplicate()
                        : frames.retainedSlice(frames.readerIndex() + taken, length - taken));
        sink.flush();
    }

    @Override
    public void settle() {}

    @Override
    public void close() {}
}
