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

/// Writes a streamed response. It requests the next chunk when the socket is writable again. Memory
/// holds one chunk and the socket's buffer.
///
/// Threads: signals may arrive on any thread; everything else runs on the connection's event loop.
final class ResponseStream extends BaseSubscriber<Bytes> {
    private final ChannelHandlerContext ctx;
    private final Runnable advanced;
    private final Consumer<ChannelFuture> completed;
    private final Consumer<Throwable> failed;

    /// The next chunk is not requested: the socket is not writable.
    private boolean waiting;

    /// @param advanced called before each chunk is written, on the event loop, as are the others
    /// @param completed called with the write of the last byte
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

    /// The socket may be writable again. On the event loop.
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
