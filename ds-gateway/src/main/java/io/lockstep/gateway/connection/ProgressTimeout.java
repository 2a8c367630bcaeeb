package io.lockstep.gateway.connection;

import io.netty.channel.Channel;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Ends a connection whose sender goes on too slowly with what it has begun: in each interval in which it is
/// waited for, so many bytes must come. Confined to the connection's event loop.
///
/// There is a timer only while something is waited for, and at most one.
public final class ProgressTimeout {
    private final Channel channel;
    private final Duration interval;
    private final Runnable tooSlow;
    private int bytesMin;

    private boolean waiting;

    /// Something was waited for during all of the interval so far.
    private boolean whole;

    private long arrived;

    /// Null when nothing is scheduled.
    private @Nullable ScheduledFuture<?> timer;

    /// @param tooSlow run on the event loop
    public ProgressTimeout(Channel channel, Duration interval, int bytesMin, Runnable tooSlow) {
        this.channel = channel;
        this.interval = interval;
        this.bytesMin = bytesMin;
        this.tooSlow = tooSlow;
    }

    /// How many bytes must come in an interval from now on.
    public void expect(int bytes) {
        bytesMin = bytes;
    }

    public void arrived(int bytes) {
        arrived += bytes;
    }

    /// Whether the rest of something is waited for now. Something else may have ended meanwhile.
    ///
    /// @param ended whether what was waited for before has ended
    public void waiting(boolean now, boolean ended) {
        if (ended || !now) {
            whole = false;
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
        whole = true;
        arrived = 0;
        timer =
                channel.eventLoop()
                        .schedule(this::look, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void look() {
        timer = null;
        if (!waiting || !channel.isActive()) {
            return;
        }
        if (whole && arrived < bytesMin) {
            waiting = false;
            tooSlow.run();
        } else {
            start();
        }
    }
}
