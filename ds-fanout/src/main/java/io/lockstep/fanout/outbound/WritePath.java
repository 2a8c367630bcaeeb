package io.lockstep.fanout.outbound;

import io.lockstep.fanout.DeliverySink;
import io.netty.buffer.ByteBuf;

/// Writes shared bytes to sockets. One instance per event loop, confined to it.
///
/// Between a write and [#settle] nothing else may happen to any sink. Otherwise an answer could
/// overtake held-back bytes, or the bytes could reach a descriptor that was closed and reused by
/// another connection. A caller that has written therefore calls [#settle] before it calls any
/// method other than [DeliverySink#isWritable], and before it writes to the same sink again.
public interface WritePath {
    /// Writes the first bytes of a buffer to a sink, immediately or at the next [#settle].
    ///
    /// @param frames borrowed, shared with other sinks; its indices are not moved
    /// @param length number of bytes from its reader index on; they end at a frame's end
    void write(DeliverySink sink, ByteBuf frames, int length);

    /// Sends all held-back writes. Sinks may end their sessions, or become unwritable, before
    /// this returns. Sinks that throw are reported to the callback of this write path, after all
    /// others are done.
    void settle();

    /// Releases kernel resources. Later writes use another way.
    void close();
}
