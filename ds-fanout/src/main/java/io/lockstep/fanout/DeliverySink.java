package io.lockstep.fanout;

import io.lockstep.log.GroupTail;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/// A session's output, as fan-out sees it. The gateway implements it. All methods except
/// [#eventLoop] and [#format] are called on the sink's event loop.
public interface DeliverySink {
    EventLoop eventLoop();

    FrameFormat format();

    /// Whether the socket accepts more bytes. When it becomes true again the gateway calls
    /// [Fanout#writable(DeliverySink)].
    boolean isWritable();

    /// Writes bytes that are complete WebSocket frames of this sink's format; does not flush.
    ///
    /// @param frames released by the callee, also after the session has ended
    void write(ByteBuf frames);

    void flush();

    /// The socket for direct writes that bypass [#write]. Null while bytes are queued in the
    /// sink.
    default @Nullable RawSocket socket() {
        return null;
    }

    /// Catch-up is complete up to this tail.
    void live(GroupId group, GroupTail tail);

    /// The client has applied a provisional commit of another member, up to this position. At most
    /// once for each such commit, over all sinks of this node.
    void confirms(GroupId group, long position);

    /// The log cannot continue from the cursor. The session is no longer attached.
    void gap(GroupId group, GapReason reason, GroupTail tail);

    /// The session gets no more deliveries of this group.
    void detached(GroupId group, DetachReason reason);

    /// Bytes for this session were lost. The sink ends the session, so that its client reconnects
    /// and resumes from its cursor.
    void fail();

    /// The attach was refused.
    void refused(GroupId group, long requestId, Refusal refusal);
}
