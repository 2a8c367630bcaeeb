package io.lockstep.fanout;

import io.lockstep.log.GroupTail;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/// A session's way out, as fan-out sees it; implemented by the gateway. All methods but [#eventLoop] and
/// [#format] are called on the outlet's event loop.
public interface Outlet {
    EventLoop eventLoop();

    FrameFormat format();

    /// Whether the socket takes more. When it turns true again the gateway calls
    /// [Fanout#writable(Outlet)].
    boolean isWritable();

    /// Writes bytes that are complete WebSocket frames of this outlet's format; does not flush.
    ///
    /// @param frames released by the callee, also after the session has ended
    void write(ByteBuf frames);

    void flush();

    /// The socket, for who writes to it past [#write]; only while nothing is queued before: null otherwise.
    default @Nullable RawSocket socket() {
        return null;
    }

    /// Catch-up is complete up to this tail.
    void live(GroupId group, GroupTail tail);

    /// The log cannot continue from the cursor; the session is not attached any more.
    void gap(GroupId group, GapReason reason, GroupTail tail);

    /// The session gets no more of this group.
    void detached(GroupId group, DetachReason reason);

    /// Bytes for this session are lost: it ends now, so that its client comes back from its cursor.
    void fail();

    /// An attach was refused.
    void refused(GroupId group, long requestId, Refusal refusal);
}
