package io.lockstep.gateway;

import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.wire.Code;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Sends the reason to a connection that was not admitted, and closes it. It reads and drops the
/// client's bytes for a moment: closing a socket with unread bytes resets the connection, and the
/// client would lose the answer. At most 64 connections are handled this way at once; further ones
/// are closed immediately. Thread-safe.
final class ConnectionRejector {
    /// Each costs a file descriptor in addition to those of admitted connections.
    static final int CONCURRENT_MAX = 64;

    private static final long LINGER_MILLIS = 500;

    private static final ByteBuf ANSWER =
            Unpooled.unreleasableBuffer(
                    Unpooled.directBuffer()
                            .writeBytes(ProblemDetails.bytes(Code.TOO_MANY_CONNECTIONS))
                            .asReadOnly());

    private final AtomicInteger pending = new AtomicInteger();

    /// @param plain whether the client can read what is written: not before a TLS handshake
    void close(Channel channel, boolean plain) {
        if (!plain || pending.incrementAndGet() > CONCURRENT_MAX) {
            if (plain) {
                pending.decrementAndGet();
            }
            var _ = channel.close();
            return;
        }
        channel.closeFuture().addListener(_ -> pending.decrementAndGet());
        channel.pipeline().addLast(new DiscardHandler());
        channel.writeAndFlush(ANSWER.duplicate())
                .addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        if (channel instanceof DuplexChannel duplex) {
            var _ = duplex.shutdownOutput();
        }
        channel.config().setAutoRead(true);
        var _ =
                channel.eventLoop()
                        .schedule(() -> close(channel), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static void close(Channel channel) {
        var _ = channel.close();
    }

    private static final class DiscardHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            var _ = ctx.close();
        }
    }
}
