package io.lockstep.fanout.outbound;

import io.lockstep.fanout.Outlet;
import io.netty.buffer.ByteBuf;

/// How shared bytes reach a socket. One per event loop.
///
/// The seam for other ways than Netty's outbound buffer: one that writes past it when it is empty, or
/// one that fills a submission ring and submits at the end of a slice.
public interface WritePath {
    /// Writes the first bytes of a buffer to an outlet. The outlet may end its session, or turn
    /// unwritable, before this returns.
    ///
    /// @param frames borrowed, shared with other outlets; its indices are not moved
    /// @param length how many bytes from its reader index on; they end at a frame's end
    void write(Outlet outlet, ByteBuf frames, int length);

    /// The event loop turns to other work: what was held back to be submitted together goes now.
    void sliceEnds();
}
