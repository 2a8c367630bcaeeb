package io.lockstep.fanout.socket;

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
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A sink over a real connection that only accepts bytes.
///
/// @param raw derives the socket that is offered to fan-out
record SocketDeliverySink(EpollSocketChannel channel, UnaryOperator<RawSocket> raw)
        implements DeliverySink, RawSocket {
    SocketDeliverySink(EpollSocketChannel channel) {
        this(channel, UnaryOperator.identity());
    }

    @Override
    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    @Override
    public FrameFormat format() {
        return FrameFormat.PROTO;
    }

    @Override
    public boolean isWritable() {
        return channel.isWritable();
    }

    @Override
    public void write(ByteBuf frames) {
        var _ = channel.write(frames, channel.voidPromise());
    }

    @Override
    public void flush() {
        channel.flush();
    }

    @Override
    public @Nullable RawSocket socket() {
        var queue = channel.unsafe().outboundBuffer();
        return queue != null && queue.totalPendingWriteBytes() == 0 ? raw.apply(this) : null;
    }

    @Override
    public FileDescriptor descriptor() {
        return channel.fd();
    }

    @Override
    public void writeRest(ByteBuf bytes) {
        var _ = channel.writeAndFlush(bytes, channel.voidPromise());
    }

    @Override
    public void live(GroupId group, GroupTail tail) {
        throw new AssertionError();
    }

    @Override
    public void confirms(GroupId group, long position) {}

    @Override
    public void gap(GroupId group, GapReason reason, GroupTail tail) {
        throw new AssertionError();
    }

    @Override
    public void detached(GroupId group, DetachReason reason) {
        throw new AssertionError();
    }

    @Override
    public void fail() {
        var _ = channel.close();
    }

    @Override
    public void refused(GroupId group, long requestId, Refusal refusal) {
        throw new AssertionError();
    }
}
