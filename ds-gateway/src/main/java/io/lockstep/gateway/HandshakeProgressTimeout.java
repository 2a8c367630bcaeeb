package io.lockstep.gateway;

import io.lockstep.gateway.connection.ProgressTimeout;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;

/// Ends a TLS handshake that makes no progress. It is in front of the TLS handler until the
/// handshake has completed.
final class HandshakeProgressTimeout extends ChannelInboundHandlerAdapter {
    private final SslHandler tls;
    private final ProgressTimeout progress;

    HandshakeProgressTimeout(Channel channel, ReceiveLimits limits, SslHandler tls) {
        this.tls = tls;
        progress =
                new ProgressTimeout(
                        channel,
                        limits.progressInterval(),
                        limits.unauthenticatedBytesMin(),
                        () -> close(channel));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        progress.waiting(true, false);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            progress.arrived(bytes.readableBytes());
        }
        ctx.fireChannelRead(message);
        if (tls.handshakeFuture().isDone() && !ctx.isRemoved()) {
            ctx.pipeline().remove(this);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        progress.stop();
    }

    private static void close(Channel channel) {
        var _ = channel.close();
    }
}
