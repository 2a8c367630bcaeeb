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

/// Why a Redis cannot be connected to, in one sentence that says what to look at. Never with the URI's secrets.
public final class ConnectFailure {
    private ConnectFailure() {}

    /// @param uri what was connected to
    /// @param failure what [RedisConnections#open] has thrown
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
                    return "it does not answer to connecting";
                }
                case ConnectException _ -> {
                    return "nobody listens there";
                }
                default -> {}
            }
            var told = ofReply(text);
            if (!told.isEmpty()) {
                return told;
            }
        }
        return otherwise(causes);
    }

    private static String certificateAdvice(String text) {
        return text.contains("PKIX") || text.contains("certificate")
                ? "; name its certificate authority by redis.certificate-authority"
                : "";
    }

    /// What an error reply to the first commands says.
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
            return "it is in protected mode: it takes connections from its own machine only";
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
                return "it took the connection and does not answer: is it Redis, does it want TLS"
                        + " (rediss://)?";
            }
            if (cause instanceof RedisProtocolException) {
                return "what it answers is not of Redis: does it want TLS (rediss://)?";
            }
            if (text.contains("closed prematurely") || text.contains("reset")) {
                return "it closed the connection: does it want TLS (rediss://)?";
            }
            if (cause instanceof IllegalArgumentException) {
                return "redis.uri cannot be read: it is redis://, rediss:// or redis-socket://, with"
                        + " user, password, host, port and database as in"
                        + " rediss://user:password@host:6379/0";
            }
            if (cause instanceof FileNotFoundException || cause instanceof NoSuchFileException) {
                return "the socket or file is not there";
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
