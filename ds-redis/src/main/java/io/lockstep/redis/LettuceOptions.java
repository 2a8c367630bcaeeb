package io.lockstep.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.resource.EpollProvider;
import java.time.Duration;

/// The options that Lettuce gets for the node's connections.
final class LettuceOptions {
    /// The time after which a peer that sends no TCP acknowledgement counts as gone. Without it a
    /// connection to a peer that vanished lasts for 15 minutes, and one that only listens for two
    /// hours. An abandoned command might then arrive as late as that; see `WelcomeOutbox.SETTLED`.
    private static final Duration GONE_AFTER = Duration.ofSeconds(12);

    private static final int PROBES = 3;

    private LettuceOptions() {}

    /// [PipelinedConnection] has its own time limits. It releases the capacity of a command only
    /// when Redis has replied.
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
                        // No command is sent twice. The outcome of a command in flight is unknown,
                        // and the caller reads it.
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
