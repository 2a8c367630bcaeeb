package io.lockstep.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.EpollProvider;
import java.time.Duration;

/// What Lettuce is told of our connections.
final class LettuceOptions {
    /// A peer that does not answer at all, not even its kernel, is gone after this. Without it a connection whose
    /// other end vanished silently stays for a quarter of an hour, one that only listens for two hours, and what was
    /// given up may arrive as late; see `WelcomeOutbox.SETTLED`.
    private static final Duration GONE_AFTER = Duration.ofSeconds(12);

    private static final int PROBES = 3;

    private LettuceOptions() {}

    /// [PipelinedConnection] has time limits of its own, and frees a command's place only when it is answered.
    static ClientOptions ofLines(RedisSettings settings) {
        return common(settings).timeoutOptions(TimeoutOptions.create()).build();
    }

    static ClientOptions ofNews(RedisSettings settings) {
        return common(settings)
                .timeoutOptions(TimeoutOptions.enabled(settings.commandTimeout()))
                .build();
    }

    private static ClientOptions.Builder common(RedisSettings settings) {
        var options =
                ClientOptions.builder()
                        .autoReconnect(true)
                        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                        // Nothing is sent twice: what was in flight has an unknown outcome, and is
                        // asked for.
                        .replayFilter(_ -> true)
                        .requestQueueSize(settings.requestsMax())
                        .socketOptions(socketOptions(settings));
        settings.certificateAuthority()
                .ifPresent(file ->
                        options.sslOptions(
                                SslOptions.builder().trustManager(file.toFile()).build()));
        return options;
    }

    private static SocketOptions socketOptions(RedisSettings settings) {
        var probe = GONE_AFTER.dividedBy(PROBES + 1);
        return SocketOptions.builder()
                .connectTimeout(settings.connectTimeout())
                .tcpNoDelay(true)
                .keepAlive(
                        KeepAliveOptions.builder()
                                .enable()
                                .idle(probe)
                                .interval(probe)
                                .count(PROBES)
                                .build())
                .tcpUserTimeout(
                        TcpUserTimeoutOptions.builder()
                                .enable(EpollProvider.isAvailable())
                                .tcpUserTimeout(GONE_AFTER)
                                .build())
                .build();
    }
}
