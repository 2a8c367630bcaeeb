package io.lockstep.gateway.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The deadline of a connection's current phase; at most one at a time. Confined to one event loop.
final class Deadline {
    /// Null if nothing is scheduled.
    private @Nullable ScheduledFuture<?> scheduled;

    void set(ChannelHandlerContext ctx, Duration time, Runnable otherwise) {
        clear();
        scheduled =
                ctx.channel()
                        .eventLoop()
                        .schedule(otherwise, time.toMillis(), TimeUnit.MILLISECONDS);
    }

    void clear() {
        if (scheduled != null) {
            scheduled.cancel(false);
            scheduled = null;
        }
    }
}
