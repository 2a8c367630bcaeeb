package io.lockstep.redis;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.protocol.RedisProtocolException;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.FileNotFoundException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/// Describes in one sentence why a connection to Redis cannot be opened and what to check. The text
/// never contains the secrets of the URI.
public final class ConnectFailure {
    private ConnectFailure() {}

    /// @param uri the Redis that was connected to
    /// @param failure the exception that [RedisConnections#open] threw
    public static String describe(URI uri, Throwable failure) {
        var causes = causes(failure);
        for (var cause : causes) {
            var text = String.valueOf(cause.getMessage());
            switch (cause) {
                case UnknownHostException _ -> {
                    return "its host name " + uri.getHost() + " cannot be resolved";
                }
                case NotSslRecordException _ -> {
                    return "it does not speak TLS: use redis:// in place of rediss://";
                }
                case SSLException _ -> {
                    return "the TLS handshake failed: " + text + certificateAdvice(text);
                }
                case ConnectTimeoutException _ -> {
                    return "it does not answer the TCP connect";
                }
                case ConnectException _ -> {
                    return "nobody listens there";
                }
                default -> {}
            }
            var advice = ofReply(text);
            if (!advice.isEmpty()) {
                return advice;
            }
        }
        return otherwise(causes);
    }

    private static String certificateAdvice(String text) {
        return text.contains("PKIX") || text.contains("certificate")
                ? "; set its certificate authority in redis.certificate-authority"
                : "";
    }

    /// Describes an error reply to the first commands.
    private static String ofReply(String text) {
        if (text.startsWith("WRONGPASS")) {
            return "the user or password in redis.uri is wrong";
        }
        if (text.startsWith("NOAUTH")) {
            return "it wants a password, and redis.uri has none";
        }
        if (text.startsWith("NOPERM")) {
            return "the user in redis.uri lacks permissions: " + text;
        }
        if (text.startsWith("DENIED")) {
            return "it is in protected mode: it accepts connections from its own machine only";
        }
        if (text.startsWith("LOADING")) {
            return "it is loading its data";
        }
        return text.startsWith("ERR max number of clients") ? "it has reached maxclients" : "";
    }

    private static String otherwise(List<Throwable> causes) {
        for (var cause : causes) {
            var text = String.valueOf(cause.getMessage());
            if (cause instanceof RedisCommandTimeoutException
                    || cause instanceof TimeoutException) {
                return "it accepted the connection and does not answer: is it Redis, with TLS"
                        + " (rediss://)?";
            }
            if (cause instanceof RedisProtocolException) {
                return "its reply is not a Redis reply: does it need TLS (rediss://)?";
            }
            if (text.contains("closed prematurely") || text.contains("reset")) {
                return "it closed the connection: does it need TLS (rediss://)?";
            }
            if (cause instanceof IllegalArgumentException) {
                return "redis.uri cannot be read: expected redis://, rediss:// or redis-socket://,"
                        + " with"
                        + " user, password, host, port and database as in"
                        + " rediss://user:password@host:6379/0";
            }
            if (cause instanceof FileNotFoundException || cause instanceof NoSuchFileException) {
                return "the socket or file does not exist";
            }
        }
        return "it cannot be reached (" + causes.getLast().getClass().getSimpleName() + ")";
    }

    private static List<Throwable> causes(Throwable failure) {
        var causes = new ArrayList<Throwable>();
        for (var cause = failure;
                cause != null && !causes.contains(cause);
                cause = cause.getCause()) {
            causes.add(cause);
        }
        return causes;
    }
}
