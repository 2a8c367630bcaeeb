package io.lockstep.fanout.socket;

import io.lockstep.fanout.Outlet;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.buffer.ByteBuf;

/// The outlet's own way, with its queue for what the socket does not take, and TLS.
///
/// Write and flush at once, so that the pooled duplicate comes back to its recycler before the next
/// outlet needs one: a pass over sockets that take their bytes allocates nothing.
final class OutletWritePath implements WritePath {
    @Override
    public void write(Outlet outlet, ByteBuf frames, int length) {
        writeRest(outlet, frames, 0, length);
    }

    /// @param taken bytes from the reader index on that the socket has already
    /// @param length bytes from the reader index on that the outlet gets in all; more than `taken`
    static void writeRest(Outlet outlet, ByteBuf frames, int taken, int length) {
        outlet.write(
                taken == 0 && length == frames.readableBytes()
                        ? frames.retainedDuplicate()
                        : frames.retainedSlice(frames.readerIndex() + taken, length - taken));
        outlet.flush();
    }

    @Override
    public void settle() {}

    @Override
    public void close() {}
}
