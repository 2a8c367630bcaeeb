package io.lockstep.fanout.outbound;

import io.lockstep.fanout.Outlet;
import io.netty.buffer.ByteBuf;

/// How shared bytes reach sockets. One per event loop, confined to it.
///
/// Between a write and [#settle] nothing else may happen to any outlet: what is held back would be
/// overtaken by an answer, or reach a descriptor that was closed and given to another connection. So
/// whoever writes settles before it calls anything but [Outlet#isWritable], and before it writes to the
/// same outlet again.
public interface WritePath {
    /// Writes the first bytes of a buffer to an outlet, at once or when all is settled.
    ///
    /// @param frames borrowed, shared with other outlets; its indices are not moved
    /// @param length how many bytes from its reader index on; they end at a frame's end
    void write(Outlet outlet, ByteBuf frames, int length);

    /// What was held back goes now. Outlets may end their sessions, or turn unwritable, before this
    /// returns; those that throw are told to whoever opened this, after all others are done.
    void settle();

    /// Gives up what the kernel holds for this; later writes find another way.
    void close();
}
