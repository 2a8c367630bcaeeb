package io.lockstep.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/// The few connections that a node has to Redis: one for appends, one for everything else that is asked,
/// one for blobs, one for what others tell. They share nothing with the server's event loops.
public final class RedisConnections implements AutoCloseable {
    /// A peer that does not answer at all, not even its kernel, is gone after this. Without it a connection whose
    /// other end vanished silently stays for a quarter of an hour, one that only listens for two hours, and what was
    /// given up may arrive as late; see `WelcomeOutbox.SETTLED`.
    private static final Duration GONE_AFTER = Duration.ofSeconds(12);

    private static final int PROBES = 3;

    private final ClientResources resources;
    private final RedisClient client;
    private final RedisSettings settings;
    private final RedisLine appends;
    private final RedisLine questions;
    private final RedisLine blobs;
    private final StatefulRedisPubSubConnection<byte[], byte[]> news;

    /// The event loops that drive connections, as they are met.
    private final Set<EventLoop> loops = ConcurrentHashMap.newKeySet();

    private RedisConnections(String uri, RedisSettings settings, MeterRegistry registry) {
        this.settings = settings;
        resources =
                DefaultClientResources.builder()
                        .ioThreadPoolSize(2)
                        .computationThreadPoolSize(2)
                        .nettyCustomizer(
                                new NettyCustomizer() {
                                    @Override
                                    public void afterChannelInitialized(Channel channel) {
                                        loops.add(channel.eventLoop());
                                    }
                                })
                        .reconnectDelay(
                                Delay.fullJitter(
                                        Duration.ofMillis(20),
                                        Duration.ofSeconds(1),
                                        20,
                                        TimeUnit.MILLISECONDS))
                        .build();
        client = RedisClient.create(resources, RedisURI.create(uri));
        client.setOptions(options(settings));
        try {
            appends = line(registry, "appends");
            questions = line(registry, "questions");
            blobs = line(registry, "blobs");
            news = client.connectPubSub(ByteArrayCodec.INSTANCE);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        client.addListener(new WhenBroken());
    }

    /// Connects; blocks until it stands.
    ///
    /// @param uri `redis://` or `rediss://`, host, port, database
    /// @throws io.lettuce.core.RedisException when it cannot
    public static RedisConnections open(
            String uri, RedisSettings settings, MeterRegistry registry) {
        return new RedisConnections(uri, settings, registry);
    }

    /// Connects, and counts nothing.
    public static RedisConnections open(String uri, RedisSettings settings) {
        return open(uri, settings, new CompositeMeterRegistry());
    }

    private RedisLine line(MeterRegistry registry, String name) {
        return new RedisLine(
                client.connect(ByteArrayCodec.INSTANCE), new RedisMetrics(registry, name));
    }

    private static ClientOptions options(RedisSettings settings) {
        return ClientOptions.builder()
                .autoReconnect(true)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                // Nothing is sent twice: what was in flight has an unknown outcome, and is asked
                // for.
                .replayFilter(_ -> true)
                .requestQueueSize(settings.requestsMax())
                .timeoutOptions(TimeoutOptions.enabled(settings.commandTimeout()))
                .socketOptions(socketOptions(settings))
                .build();
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

    /// The client's threads, by name, for whoever watches that none is stuck.
    public Map<String, Executor> threads() {
        var threads = new TreeMap<String, Executor>();
        int loop = 0;
        for (var each : loops) {
            threads.put("redis-loop-" + ++loop, each);
        }
        int computation = 0;
        for (var each : resources.eventExecutorGroup()) {
            threads.put("redis-computation-" + ++computation, each);
        }
        return threads;
    }

    public RedisSettings settings() {
        return settings;
    }

    public RedisLine appends() {
        return appends;
    }

    public RedisLine questions() {
        return questions;
    }

    /// For long values, behind which nothing else shall wait.
    public RedisLine blobs() {
        return blobs;
    }

    public StatefulRedisPubSubConnection<byte[], byte[]> news() {
        return news;
    }

    /// Whether Redis can be asked now: what readiness is.
    public boolean isOpen() {
        return appends.isOpen() && questions.isOpen() && blobs.isOpen() && news.isOpen();
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        resources.shutdown(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private final class WhenBroken implements RedisConnectionStateListener {
        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            if (appends.isOf(connection)) {
                appends.broke();
            } else if (questions.isOf(connection)) {
                questions.broke();
            } else if (blobs.isOf(connection)) {
                blobs.broke();
            }
        }

        @Override
        public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {}
    }
}
