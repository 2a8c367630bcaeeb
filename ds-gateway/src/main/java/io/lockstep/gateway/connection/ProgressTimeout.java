package io.lockstep.gateway.connection;

import io.netty.channel.Channel;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Ends a connection that sends an incomplete message or request too slowly. In each interval in
/// which the rest is awaited, a minimum of bytes must arrive. Confined to the connection's event
/// loop.
///
/// A timer exists only while something is awaited, and at most one.
public final class ProgressTimeout {
    private final Channel channel;
    private final Duration interval;
    private final Runnable tooSlow;
    private int bytesMin;

    private boolean waiting;

    /// Whether something was awaited during the whole interval so far.
    private boolean awaitedThroughout;

    private long arrived;

    /// Null if nothing is scheduled.
    private @Nullable ScheduledFuture<?> timer;

    /// @param tooSlow run on the event loop
    public ProgressTimeout(Channel channel, Duration interval, int bytesMin, Runnable tooSlow) {
        this.channel = channel;
        this.interval = interval;
        this.bytesMin = bytesMin;
        this.tooSlow = tooSlow;
    }

    /// Sets the minimum of bytes per interval from now on.
    public void expect(int bytes) {
        bytesMin = bytes;
    }

    public void arrived(int bytes) {
        arrived += bytes;
    }

    /// Sets whether the rest of something is awaited now.
    ///
    /// @param ended whether what was awaited before has ended meanwhile
    public void waiting(boolean now, boolean ended) {
        if (ended || !now) {
            awaitedThroughout = false;
        }
        waiting = now;
        if (now && timer == null) {
            start();
        }
    }

    public void stop() {
        waiting = false;
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private void start() {
        awaitedThroughout = true;
        arrived = 0;
        timer =
                channel.eventLoop()
                        .schedule(this::check, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void check() {
        timer = null;
        if (!waiting || !channel.isActive()) {
            return;
        }
        if (awaitedThroughout && arrived < bytesMin) {
            waiting = false;
            tooSlow.run();
        } else {
            start();
        }
    }
}
