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

/// Writes a session's outgoing bytes: complete WebSocket frames, directly to the channel.
///
/// Answers are caused by the client, so they are queued, with a limit: they are counted while the
/// socket is not writable. Deliveries are not queued here; fan-out checks [#isWritable] first.
final class FrameWriter {
    /// What the session must do because of unsent answers.
    enum Pressure {
        NONE,
        /// Read no more frames for now.
        PAUSE,
        /// Close: the client does not read the answers that it caused.
        OVER_LIMIT
    }

    private final Channel channel;
    private final FrameFormat format;
    private final int pauseBytes;
    private final int bytesMax;

    /// Null if the socket can be written to only through the channel.
    private final @Nullable RawSocket socket;

    /// Bytes of answers written since the socket became unwritable.
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

    /// Queues one answer and flushes it at the end of this pass of the event loop.
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
            return Pressure.OVER_LIMIT;
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

    /// The raw socket, if bytes may bypass the channel now: nothing waits for a flush or in the
    /// channel's outbound buffer.
    @Nullable RawSocket socket() {
        var queue = flushScheduled || socket == null ? null : channel.unsafe().outboundBuffer();
        return queue != null && queue.totalPendingWriteBytes() == 0 ? socket : null;
    }

    /// The socket is writable again.
    void writable() {
        unreadBytes = 0;
    }

    /// Sends the last frame of the session.
    ///
    /// @param frame a close frame; released
    void sendClose(ByteBuf frame) {
        var _ = channel.writeAndFlush(frame, channel.voidPromise());
    }

    void sendCloseAndDisconnect(ByteBuf frame) {
        var _ = channel.writeAndFlush(frame).addListener(ChannelFutureListener.CLOSE);
    }

    /// Closes the connection after all queued bytes were sent.
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
