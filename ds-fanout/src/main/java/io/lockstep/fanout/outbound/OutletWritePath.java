package io.lockstep.fanout.outbound;

import io.lockstep.fanout.Outlet;
import io.netty.buffer.ByteBuf;

/// Write and flush at once, so that the pooled duplicate comes back to its recycler before the next
/// outlet needs one: a pass over sockets that take their bytes allocates nothing.
public final class OutletWritePath implements WritePath {
    @Override
    public void write(Outlet outlet, ByteBuf frames, int length) {
        outlet.write(
                length == frames.readableBytes()
                        ? frames.retainedDuplicate()
                        : frames.retainedSlice(frames.readerIndex(), length));
        outlet.flush();
    }

    @Override
    public void sliceEnds() {}
}
