package io.lockstep.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.lockstep.server.config.ServerSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sets up the process's log: one line an event on standard output, as text or as JSON.
final class LogSetup {
    private static final String LINE = "%d{HH:mm:ss.SSS} %-5level %logger{0} - %msg%n%ex{full}";

    private LogSetup() {}

    /// Until the settings are known: warnings only.
    static void quiet() {
        apply(
                new ServerSettings.Log(
                        ServerSettings.Log.Level.WARN, ServerSettings.Log.Format.TEXT));
    }

    static void apply(ServerSettings.Log settings) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        context.reset();
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setEncoder(encoder(context, settings.format()));
        appender.start();
        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(level(settings.level()));
        root.addAppender(appender);
        // What these say at info is of no use to whoever runs the server.
        for (var chatty : new String[] {"io.netty", "io.lettuce", "reactor", "redis.embedded"}) {
            context.getLogger(chatty).setLevel(Level.WARN);
        }
        // Warns at each start that it prefers epoll, which is what we want.
        context.getLogger("io.lettuce.core.resource.Transports").setLevel(Level.ERROR);
    }

    private static Encoder<ILoggingEvent> encoder(
            LoggerContext context, ServerSettings.Log.Format format) {
        return switch (format) {
            case TEXT -> {
                var text = new PatternLayoutEncoder();
                text.setContext(context);
                text.setPattern(LINE);
                text.start();
                yield text;
            }
            case JSON -> {
                var json = new JsonEncoder();
                json.setContext(context);
                json.start();
                yield json;
            }
        };
    }

    private static Level level(ServerSettings.Log.Level level) {
        return switch (level) {
            case ERROR -> Level.ERROR;
            case WARN -> Level.WARN;
            case INFO -> Level.INFO;
            case DEBUG -> Level.DEBUG;
            case TRACE -> Level.TRACE;
        };
    }
}
