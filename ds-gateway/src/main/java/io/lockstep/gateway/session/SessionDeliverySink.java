package io.lockstep.gateway.session;

import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.RawSocket;
import io.lockstep.log.GroupTail;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/// Connects fan-out to a session: its deliveries and events go to the session's writer and
/// attachments.
final class SessionDeliverySink implements DeliverySink {
    private final ClientSession session;
    private final FrameWriter out;

    SessionDeliverySink(ClientSession session, FrameWriter out) {
        this.session = session;
        this.out = out;
    }

    @Override
    public EventLoop eventLoop() {
        return session.eventLoop();
    }

    @Override
    public FrameFormat format() {
        return session.format();
    }

    @Override
    public boolean isWritable() {
        return session.isWritable();
    }

    @Override
    public void write(ByteBuf frames) {
        if (session.isReady()) {
            out.deliver(frames);
        } else {
            frames.release();
        }
    }

    @Override
    public void flush() {
        if (session.isReady()) {
            out.flush();
        }
    }

    @Override
    public @Nullable RawSocket socket() {
        return session.isReady() ? out.socket() : null;
    }

    @Override
    public void live(GroupId group, GroupTail tail) {
        session.withOpen(open -> open.attachments().live(group, tail));
    }

    @Override
    public void confirms(GroupId group, long position) {
        session.withOpen(open -> open.confirm(group, position));
    }

    @Override
    public void gap(GroupId group, GapReason reason, GroupTail tail) {
        session.withOpen(open -> open.attachments().gap(group, reason, tail));
    }

    @Override
    public void detached(GroupId group, DetachReason reason) {
        session.withOpen(open -> open.attachments().detached(group, reason));
    }

    @Override
    public void fail() {
        session.fail();
    }

    @Override
    public void refused(GroupId group, long requestId, Refusal refusal) {
        session.withOpen(open -> open.attachments().refused(group, requestId, refusal));
    }
}
