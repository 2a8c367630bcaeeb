package io.lockstep.client;

import io.lockstep.wire.frame.FrameFormat;
import java.net.InetAddress;
import java.net.URI;
import java.util.Optional;
import java.util.function.Supplier;

/// What one client needs to know. [#of] gives sensible values, the `with` methods change single ones.
///
/// @param webSocket such as `ws://127.0.0.1:7420/v1/ws`
/// @param http such as `http://127.0.0.1:7420`
/// @param token asked for at each connect and each HTTP call; must not block
/// @param agent name and version for the operator's log; may be empty
/// @param window deliveries of a group that may be unacknowledged; 0: no limit. It bounds what waits in this
///     process for a slow subscriber
/// @param format how frames travel
/// @param sourceAddress the local address to connect from, where it matters
/// @param backoff waits between attempts
/// @param cursors where the place in each group is kept
/// @param queuedMax submissions that may wait here for their answer
public record ClientConfig(
        URI webSocket,
        URI http,
        Supplier<String> token,
        String agent,
        int window,
        FrameFormat format,
        Optional<InetAddress> sourceAddress,
        Backoff backoff,
        CursorStore cursors,
        int queuedMax) {
    public ClientConfig {
        if (window < 0 || queuedMax < 1) {
            throw new IllegalArgumentException("window ≥ 0 and queuedMax ≥ 1 must hold");
        }
    }

    public static ClientConfig of(
            URI webSocket, URI http, Supplier<String> token, Backoff backoff) {
        return new ClientConfig(
                webSocket,
                http,
                token,
                "lockstep-java",
                256,
                FrameFormat.PROTO,
                Optional.empty(),
                backoff,
                new MemoryCursorStore(),
                1024);
    }

    public ClientConfig withToken(Supplier<String> value) {
        return new ClientConfig(
                webSocket,
                http,
                value,
                agent,
                window,
                format,
                sourceAddress,
                backoff,
                cursors,
                queuedMax);
    }

    public ClientConfig withWindow(int value) {
        return new ClientConfig(
                webSocket,
                http,
                token,
                agent,
                value,
                format,
                sourceAddress,
                backoff,
                cursors,
                queuedMax);
    }

    public ClientConfig withFormat(FrameFormat value) {
        return new ClientConfig(
                webSocket,
                http,
                token,
                agent,
                window,
                value,
                sourceAddress,
                backoff,
                cursors,
                queuedMax);
    }

    public ClientConfig withSourceAddress(InetAddress value) {
        return new ClientConfig(
                webSocket,
                http,
                token,
                agent,
                window,
                format,
                Optional.of(value),
                backoff,
                cursors,
                queuedMax);
    }

    public ClientConfig withCursors(CursorStore value) {
        return new ClientConfig(
                webSocket,
                http,
                token,
                agent,
                window,
                format,
                sourceAddress,
                backoff,
                value,
                queuedMax);
    }
}
