package io.lockstep.client;

import io.lockstep.wire.frame.FrameFormat;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/// Settings of one client. [#of] sets defaults; each `with` method returns a copy with one setting
/// changed.
///
/// ```java
/// var config = ClientConfig.of(
///                 URI.create("ws://127.0.0.1:7420/v1/ws"),
///                 URI.create("http://127.0.0.1:7420"),
///                 () -> "dev:alice/phone",
///                 Backoff.ofDefaults(new SecureRandom()))
///         .withCursors(new FileCursorStore(Path.of("cursors"), false));
/// ```
///
/// @param webSocket such as `ws://127.0.0.1:7420/v1/ws`
/// @param http such as `http://127.0.0.1:7420`
/// @param token supplies the token for each connect and each HTTP call; must not block
/// @param agent name and version for the operator's log; may be empty
/// @param window how many deliveries of a group may be unacknowledged; 0: no limit. It bounds how
///     many events wait in this process for a slow subscriber
/// @param format encoding of frames on the WebSocket
/// @param sourceAddress local address to connect from; empty: the system chooses
/// @param backoff waits between attempts
/// @param cursors keeps the position in each group across restarts
/// @param queuedMax how many submissions may wait in this client for their answer
/// @param answerWithin how long a call may wait, through all reconnects and retries, before it fails
///     with `outcome_unknown` or `unavailable`
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
        int queuedMax,
        Duration answerWithin) {
    public ClientConfig {
        if (window < 0 || queuedMax < 1 || !answerWithin.isPositive()) {
            throw new IllegalArgumentException(
                    "window ≥ 0, queuedMax ≥ 1 and answerWithin > 0 must hold");
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
                1024,
                Duration.ofMinutes(2));
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
                queuedMax,
                answerWithin);
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
                queuedMax,
                answerWithin);
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
                queuedMax,
                answerWithin);
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
                queuedMax,
                answerWithin);
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
                queuedMax,
                answerWithin);
    }

    public ClientConfig withAnswerWithin(Duration value) {
        return new ClientConfig(
                webSocket,
                http,
                token,
                agent,
                window,
                format,
                sourceAddress,
                backoff,
                cursors,
                queuedMax,
                value);
    }
}
