package io.lockstep.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import io.lockstep.server.config.ServerSettings;
import net.logstash.logback.encoder.LogstashEncoder;
import net.logstash.logback.fieldnames.LogstashCommonFieldNames;
import net.logstash.logback.fieldnames.LogstashFieldNames;
import net.logstash.logback.stacktrace.ShortenedThrowableConverter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sets up the log of the process: one event per line on standard output, as text or as JSON.
final class LogSetup {
    private static final String LINE = "%d{HH:mm:ss.SSS} %-5level %logger{0} - %msg%n%ex{full}";

    /// Log collectors cut or drop lines that are longer than about 16 KiB.
    private static final int STACK_TRACE_CHARS_MAX = 12_000;

    private LogSetup() {}

    private static volatile ServerSettings.Log.Format format = ServerSettings.Log.Format.TEXT;

    /// The format that was applied last.
    static ServerSettings.Log.Format format() {
        return format;
    }

    /// Logs warnings only, until the settings are known.
    static void quiet() {
        apply(
                new ServerSettings.Log(
                        ServerSettings.Log.Level.WARN, ServerSettings.Log.Format.TEXT));
    }

    static void apply(ServerSettings.Log settings) {
        format = settings.format();
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
        // Operators cannot use what these log at info.
        for (var chatty : new String[] {"io.netty", "io.lettuce", "reactor", "redis.embedded"}) {
            context.getLogger(chatty).setLevel(Level.WARN);
        }
        // Logs a warning at each start that it prefers epoll. Epoll is intended.
        context.getLogger("io.lettuce.core.resource.Transports").setLevel(Level.ERROR);
    }

    static Encoder<ILoggingEvent> encoder(LoggerContext context, ServerSettings.Log.Format format) {
        return switch (format) {
            case TEXT -> {
                var text = new PatternLayoutEncoder();
                text.setContext(context);
                text.setPattern(LINE);
                text.start();
                yield text;
            }
            case JSON -> {
                var json = new LogstashEncoder();
                json.setContext(context);
                json.setFieldNames(fieldNames());
                json.setThrowableConverter(boundedStackTraces(context));
                json.start();
                yield json;
            }
        };
    }

    /// `time`, `level`, `logger`, `thread`, `message`, and `exception` if the event has one. The
    /// key-value pairs of an event, such as group, epoch and position, become separate fields.
    private static LogstashFieldNames fieldNames() {
        var names = new LogstashFieldNames();
        names.setTimestamp("time");
        names.setLogger("logger");
        names.setThread("thread");
        names.setStackTrace("exception");
        names.setVersion(LogstashCommonFieldNames.IGNORE_FIELD_INDICATOR);
        names.setLevelValue(LogstashCommonFieldNames.IGNORE_FIELD_INDICATOR);
        return names;
    }

    private static ShortenedThrowableConverter boundedStackTraces(LoggerContext context) {
        var converter = new ShortenedThrowableConverter();
        converter.setContext(context);
        converter.setMaxLength(STACK_TRACE_CHARS_MAX);
        converter.start();
        return converter;
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
