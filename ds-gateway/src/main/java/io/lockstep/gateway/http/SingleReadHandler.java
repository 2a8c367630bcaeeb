package io.lockstep.gateway.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Hands over one decoded object for each `read()`, and reads from the socket only for want of one. The decoder
/// in front asks it before it decodes another: what waits here is what one object brought with it.
///
/// Netty's `FlowControlHandler` forgets that an object is wanted when a read ends in the middle of one,
/// as long headers make it do.
final class SingleReadHandler extends ChannelDuplexHandler {
    private final Queue<Object> waiting = new ArrayDeque<>(2);

    /// The next handler has asked and not been given.
    private boolean wanted;

    /// An object is being handed over: asking for the next one then must not nest.
    private boolean handingOver;

    /// Whether the decoder should decode another object.
    boolean isWanting() {
        return wanted && waiting.isEmpty();
    }

    @Override
    public void read(ChannelHandlerContext ctx) throws Exception {
        wanted = true;
        handOver(ctx);
        var decoder = ctx.pipeline().context(LazyRequestDecoder.class);
        if (!wanted || handingOver || decoder == null) {
            return;
        }
        var requests = (LazyRequestDecoder) decoder.handler();
        if (requests.isDecoding()) {
            // It sees that another one is wanted, and the socket is read when it has no more.
            return;
        }
        requests.goOn(decoder);
        if (wanted) {
            ctx.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        waiting.add(message);
        handOver(ctx);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (wanted) {
            ctx.read();
        }
    }

    private void handOver(ChannelHandlerContext ctx) {
        if (handingOver) {
            return;
        }
        handingOver = true;
        try {
            for (var next = take(); next != null; next = take()) {
                wanted = false;
                ctx.fireChannelRead(next);
            }
        } finally {
            handingOver = false;
        }
    }

    private @Nullable Object take() {
        return wanted ? waiting.poll() : null;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }
}
