package io.lockstep.gateway.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Delivers one decoded object per `read()`, and reads from the socket only if it has none. The
/// decoder in front asks it before decoding another object. Its queue holds only the objects that
/// one decode produced.
///
/// Netty's `FlowControlHandler` loses a pending `read()` when a socket read ends within an object,
/// as happens with long heads.
final class SingleReadHandler extends ChannelDuplexHandler {
    private final Queue<Object> waiting = new ArrayDeque<>(2);

    /// The next handler called `read()` and has received nothing yet.
    private boolean wanted;

    /// An object is being delivered: a `read()` during this time must not recurse.
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
            // The loop finds that another object is wanted, and reads from the socket if it has
            // none.
            return;
        }
        requests.resume(decoder);
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
