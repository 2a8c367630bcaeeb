package io.lockstep.gateway;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/// Captures everything that is logged while it is open.
public final class LogCapture extends AppenderBase<ILoggingEvent> implements AutoCloseable {
    private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

    public static LogCapture open() {
        var capture = new LogCapture();
        capture.start();
        capture.root.addAppender(capture);
        return capture;
    }

    @Override
    protected void append(ILoggingEvent event) {
        events.add(event);
    }

    /// The lines that an operator would have to look into: every exception, and every line from
    /// WARN up.
    public List<String> troubles() {
        return events.stream()
                .filter(e ->
                        e.getThrowableProxy() != null || e.getLevel().isGreaterOrEqual(Level.WARN))
                .map(e ->
                        e.getLevel() + " " + e.getFormattedMessage() + " " + e.getThrowableProxy())
                .toList();
    }

    /// Every line, formatted.
    public List<String> lines() {
        return events.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Override
    public void close() {
        root.detachAppender(this);
        stop();
    }
}
