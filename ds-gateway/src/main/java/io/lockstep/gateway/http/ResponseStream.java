package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.EventLoopTasks;
import io.lockstep.wire.Bytes;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.function.Consumer;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/// Writes the parts of a streamed answer, each asked for when the socket has taken enough of those before.
/// What is held of an answer is one part and what the socket's buffer holds.
///
/// Threads: signals may come on any thread; all else happens on the connection's event loop.
final class ResponseStream extends BaseSubscriber<Bytes> {
    private final ChannelHandlerContext ctx;
    private final Runnable advanced;
    private final Consumer<ChannelFuture> completed;
    private final Consumer<Throwable> failed;

    /// Not asked for the next part: the socket has no room.
    private boolean waiting;

    /// @param advanced a part is about to be written; run on the event loop, as the others
    /// @param completed given the writing of the last byte
    ResponseStream(
            ChannelHandlerContext ctx,
            Runnable advanced,
            Consumer<ChannelFuture> completed,
            Consumer<Throwable> failed) {
        this.ctx = ctx;
        this.advanced = advanced;
        this.completed = completed;
        this.failed = failed;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        onLoop(this::ask);
    }

    @Override
    protected void hookOnNext(Bytes part) {
        onLoop(() -> {
            advanced.run();
            var _ = ctx.writeAndFlush(new DefaultHttpContent(part.asByteBuf()));
            ask();
        });
    }

    @Override
    protected void hookOnComplete() {
        onLoop(() -> {
            completed.accept(ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
        });
    }

    @Override
    protected void hookOnError(Throwable error) {
        onLoop(() -> failed.accept(error));
    }

    /// The socket may have room again. On the event loop.
    void writabilityChanged() {
        if (waiting) {
            ask();
        }
    }

    private void ask() {
        waiting = !ctx.channel().isWritable();
        if (!waiting) {
            request(1);
        }
    }

    private void onLoop(Runnable task) {
        EventLoopTasks.run(
                ctx.channel().eventLoop(),
                () -> {
                    if (ctx.channel().isActive()) {
                        task.run();
                    }
                });
    }
}
