package io.lockstep.runtime;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// A logger for events that clients or an unavailable store can cause repeatedly. It writes a
/// limited number of lines in each interval and counts the others. The next written line reports
/// how many were omitted.
///
/// Threads: *thread-safe*, by its monitor; the line itself is written outside of it.
public final class RateLimitedLogger {
    /// Enough lines to see the problem without load on the log.
    private static final int LINES_MAX = 10;

    private static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final int NONE = -1;

    private final Logger logger;
    private final int linesMax;
    private final long intervalNanos;
    private final LongSupplier nanos;
    private long intervalStart;
    private int lines;
    private int leftOut;

    /// @param nanos a monotonic clock
    public RateLimitedLogger(Logger logger, int linesMax, Duration interval, LongSupplier nanos) {
        this.logger = logger;
        this.linesMax = linesMax;
        this.intervalNanos = interval.toNanos();
        this.nanos = nanos;
        this.intervalStart = nanos.getAsLong();
    }

    /// Ten lines a minute.
    public static RateLimitedLogger of(Class<?> owner) {
        return new RateLimitedLogger(
                LoggerFactory.getLogger(owner), LINES_MAX, INTERVAL, System::nanoTime);
    }

    public void warn(String format, Object... arguments) {
        log(Level.WARN, format, arguments);
    }

    public void info(String format, Object... arguments) {
        log(Level.INFO, format, arguments);
    }

    public void error(String format, Object... arguments) {
        log(Level.ERROR, format, arguments);
    }

    private void log(Level level, String format, Object... arguments) {
        int before = admit();
        if (before == NONE) {
            logger.atDebug().log(format, arguments);
            return;
        }
        logger.atLevel(level).log(format, arguments);
        if (before > 0) {
            logger.atLevel(level).log("{} lines of this kind were left out before", before);
        }
    }

    /// @return the number of lines omitted since the last written one; NONE when this line is
    ///     omitted too
    private synchronized int admit() {
        long now = nanos.getAsLong();
        if (now - intervalStart >= intervalNanos) {
            intervalStart = now;
            lines = 0;
        }
        if (lines >= linesMax) {
            leftOut++;
            return NONE;
        }
        lines++;
        int before = leftOut;
        leftOut = 0;
        return before;
    }
}
