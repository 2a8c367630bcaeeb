package io.lockstep.gateway.session;

import io.lockstep.fanout.RawSocket;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.epoll.EpollSocketChannel;
import org.jspecify.annotations.Nullable;

/// The bytes a session sends. What is written is complete WebSocket frames, straight to the channel.
///
/// Answers are the client's own doing, so they are queued, but not without end: while the socket takes no
/// more they are counted. Deliveries are not queued here at all; fan-out asks [#isWritable] first.
final class FrameWriter {
    /// What the answers not taken by the socket call for.
    enum Pressure {
        NONE,
        /// The client should not ask for more now.
        PAUSE,
        /// The client does not read what it asked for.
        TOO_MUCH
    }

    private final Channel channel;
    private final FrameFormat format;
    private final int pauseBytes;
    private final int bytesMax;

    /// Null where the socket cannot be written to but through the channel.
    private final @Nullable RawSocket socket;

    /// Bytes of answers written since the socket stopped taking more.
    private long unreadBytes;

    private boolean flushScheduled;

    FrameWriter(Channel channel, FrameFormat format, int pauseBytes, int bytesMax) {
        this.channel = channel;
        this.format = format;
        this.pauseBytes = pauseBytes;
        this.bytesMax = bytesMax;
        socket = channel instanceof EpollSocketChannel epoll ? EpollRawSocket.of(epoll) : null;
    }

    FrameFormat format() {
        return format;
    }

    boolean isWritable() {
        return channel.isWritable();
    }

    /// Queues one answer and flushes it at the end of this round of the event loop.
    Pressure send(ServerFrame frame) {
        return sendOwn(FrameCodec.encode(format, frame, channel.alloc()));
    }

    /// @param frame a complete WebSocket frame; released
    Pressure sendOwn(ByteBuf frame) {
        int size = frame.readableBytes();
        boolean counts = !channel.isWritable();
        var _ = channel.write(frame, channel.voidPromise());
        flushSoon();
        if (!counts) {
            return Pressure.NONE;
        }
        unreadBytes += size;
        if (unreadBytes > bytesMax) {
            return Pressure.TOO_MUCH;
        }
        return unreadBytes > pauseBytes ? Pressure.PAUSE : Pressure.NONE;
    }

    /// @param frames complete WebSocket frames; released
    void deliver(ByteBuf frames) {
        var _ = channel.write(frames, channel.voidPromise());
    }

    void flush() {
        channel.flush();
    }

    /// The socket, when bytes may go straight to it now: nothing waits to be flushed, and nothing in the channel's
    /// queue.
    @Nullable RawSocket socket() {
        var queue = flushScheduled || socket == null ? null : channel.unsafe().outboundBuffer();
        return queue != null && queue.totalPendingWriteBytes() == 0 ? socket : null;
    }

    /// The socket takes more again.
    void writable() {
        unreadBytes = 0;
    }

    /// The last frame of the session.
    ///
    /// @param frame a close frame; released
    void sendClose(ByteBuf frame) {
        var _ = channel.writeAndFlush(frame, channel.voidPromise());
    }

    void sendCloseAndDisconnect(ByteBuf frame) {
        var _ = channel.writeAndFlush(frame).addListener(ChannelFutureListener.CLOSE);
    }

    /// Closes the connection when the socket has taken all that is queued.
    void disconnectWhenSent() {
        var _ =
                channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
    }

    private void flushSoon() {
        if (!flushScheduled) {
            flushScheduled = true;
            channel.eventLoop()
                    .execute(() -> {
                        flushScheduled = false;
                        channel.flush();
                    });
        }
    }
}
