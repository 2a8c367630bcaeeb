package io.lockstep.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import io.lockstep.redis.RedisServerCheck.Finding;
import io.lockstep.runtime.FaultBarrier;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connections of a node to Redis, one for each kind of reply, so that no command waits behind
/// a reply of another kind. They do not use the event loops of the server.
///
/// | Connection | Commands |
/// |---|---|
/// | `authentication` | reads before a hello or a request is processed: short replies only |
/// | `appends` | appends, creations, notices |
/// | `queries` | reads of ordering and authorization: loads, tails, memberships: short replies only, except for a load |
/// | `bulk` | all commands with long replies: catch-up, inboxes, KeyPackages |
/// | `blobs` | chunks of blobs |
/// | `control` | verifications of the store |
/// | `subscriptions` | notices from other nodes |
public final class RedisConnections implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisConnections.class);

    /// Interval between checks for commands that exceed the time-out.
    private static final Duration EXPIRY_INTERVAL = Duration.ofMillis(50);

    private static final Duration POLL = Duration.ofMillis(10);

    private final ClientResources resources;
    private final RedisClient client;
    private final String uri;
    private final RedisSettings settings;
    private final MeterRegistry registry;
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(
                    1,
                    Thread.ofPlatform().daemon().name("redis-verifier").factory(),
                    // After close nothing is verified.
                    new ThreadPoolExecutor.DiscardPolicy());
    private final List<PipelinedConnection> lines = new ArrayList<>();
    private final PipelinedConnection authentication;
    private final PipelinedConnection appends;
    private final PipelinedConnection queries;
    private final PipelinedConnection bulk;
    private final PipelinedConnection blobs;
    private final PipelinedConnection control;
    private final StatefulRedisPubSubConnection<byte[], byte[]> subscriptions;
    private final DeploymentMarker marker;
    private final MemoryGate memoryGate;
    private final StoreVerifier verifier;

    /// The event loops that drive connections, added when a connection first uses them.
    private final Set<EventLoop> loops = ConcurrentHashMap.newKeySet();

    private RedisConnections(String uri, RedisSettings settings, MeterRegistry registry) {
        this.settings = settings;
        this.registry = registry;
        this.uri = uri;
        memoryGate = new MemoryGate(settings.memoryMarks());
        var parsed = RedisURI.create(uri);
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
        client = RedisClient.create(resources, parsed);
        try {
            client.setOptions(LettuceOptions.ofLines(settings));
            authentication = line("authentication");
            appends = line("appends");
            queries = line("queries");
            bulk = line("bulk");
            blobs = line("blobs");
            control = line("control");
            client.setOptions(LettuceOptions.ofNews(settings));
            subscriptions = client.connectPubSub(ByteArrayCodec.INSTANCE, named("subscriptions"));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        marker = new DeploymentMarker(control);
        verifier =
                new StoreVerifier(
                        control,
                        lines.stream().filter(line -> !line.equals(control)).toList(),
                        settings,
                        marker,
                        memoryGate,
                        this::hasSeenStore,
                        timer);
        client.addListener(new WhenBroken());
        measure();
        repeat(
                "the expiry of commands",
                EXPIRY_INTERVAL,
                () -> lines.forEach(PipelinedConnection::expire));
        repeat("the check of the store", settings.verifyInterval(), verifier::verify);
        awaitVerified(settings.connectTimeout());
    }

    /// Connects and verifies the store. Blocks until that is done or the connect time-out has
    /// passed.
    ///
    /// @param uri `redis://`, `rediss://` (TLS) or `redis-socket://`, with user, password, database
    /// @throws RuntimeException when it cannot connect: see [ConnectFailure]
    public static RedisConnections open(
            String uri, RedisSettings settings, MeterRegistry registry) {
        return new RedisConnections(uri, settings, registry);
    }

    /// Connects without metrics.
    public static RedisConnections open(String uri, RedisSettings settings) {
        return open(uri, settings, new CompositeMeterRegistry());
    }

    private void measure() {
        Gauge.builder("lockstep.redis.memory.used", memoryGate, MemoryGate::usedBytes)
                .description("Memory that Redis uses, when it was last measured.")
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
        Gauge.builder("lockstep.redis.memory.max", memoryGate, MemoryGate::maxBytes)
                .description("maxmemory of Redis; 0 for no limit.")
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
        Gauge.builder("lockstep.redis.memory.full", memoryGate, gate -> gate.isOpen() ? 0 : 1)
                .description("1 while additions are refused because Redis is nearly full.")
                .strongReference(true)
                .register(registry);
    }

    /// Whether the memory of Redis has room for more data. Sends no command.
    public boolean hasRoom() {
        return memoryGate.isOpen();
    }

    private PipelinedConnection line(String name) {
        var line =
                new PipelinedConnection(
                        name,
                        client.connect(ByteArrayCodec.INSTANCE, named(name)),
                        new RedisMetrics(registry, name),
                        settings,
                        memoryGate);
        lines.add(line);
        return line;
    }

    /// Adds the name that an operator sees in `CLIENT LIST`.
    private RedisURI named(String name) {
        var one = RedisURI.create(uri);
        one.setClientName("lockstep-" + name);
        one.setTimeout(settings.connectTimeout());
        return one;
    }

    /// Runs the task now and then at each interval. An exception does not end the repetition.
    private void repeat(String name, Duration interval, Runnable task) {
        timer.execute(FaultBarrier.task(name, task));
        FaultBarrier.every(name, interval, timer, task);
    }

    private void againUnlessClosed(Runnable task) {
        try {
            var _ =
                    timer.schedule(
                            FaultBarrier.task("maintenance of the connections to Redis", task),
                            settings.verifyInterval().toMillis(),
                            TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed");
        }
    }

    private void hasSeenStore() {
        var _ =
                subscriptions
                        .async()
                        .subscribe(DeploymentMarker.NODES)
                        .exceptionally(e -> {
                            LOG.warn("cannot announce this node to other nodes: {}", e.toString());
                            againUnlessClosed(this::hasSeenStore);
                            return null;
                        });
    }

    /// The threads of the client by name, for a monitor of blocked threads.
    public Map<String, Executor> threads() {
        var threads = new TreeMap<String, Executor>();
        int loop = 0;
        for (var each : loops) {
            threads.put("redis-loop-" + ++loop, each);
        }
        threads.put("redis-verifier", timer);
        int computation = 0;
        for (var each : resources.eventExecutorGroup()) {
            threads.put("redis-computation-" + ++computation, each);
        }
        return threads;
    }

    public RedisSettings settings() {
        return settings;
    }

    public PipelinedConnection authentication() {
        return authentication;
    }

    public PipelinedConnection appends() {
        return appends;
    }

    public PipelinedConnection queries() {
        return queries;
    }

    /// For long replies.
    public PipelinedConnection bulk() {
        return bulk;
    }

    /// For long values.
    public PipelinedConnection blobs() {
        return blobs;
    }

    public StatefulRedisPubSubConnection<byte[], byte[]> subscriptions() {
        return subscriptions;
    }

    /// The connection for verifications, and for what is done at start and in the background.
    PipelinedConnection control() {
        return control;
    }

    /// The key of the id of the store.
    public static byte[] storeKey() {
        return DeploymentMarker.STORE.clone();
    }

    /// The id of the store that this node started with. Empty until it is known.
    public Optional<byte[]> store() {
        return marker.store();
    }

    /// From now on the store must belong to this deployment. Blocks until that is verified or the
    /// connect time-out has passed.
    void expect(byte[] fingerprint, byte[] before) {
        marker.expect(fingerprint, before);
        long begun = System.nanoTime();
        while (!verifier.isDoneSince(begun)
                && System.nanoTime() - begun < settings.connectTimeout().toNanos()) {
            verifier.verify();
            pause();
        }
    }

    /// Blocks until all connections accept writes, the store is rejected, or the time has passed.
    ///
    /// @return whether all connections accept writes
    public boolean awaitVerified(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!isWritable()
                && !(verifier.state() instanceof StoreState.Rejected)
                && System.nanoTime() < deadline) {
            pause();
        }
        return isWritable();
    }

    private static void pause() {
        LockSupport.parkNanos(POLL.toNanos());
    }

    /// Whether writes are sent now.
    public boolean isWritable() {
        return verifier.isWritable();
    }

    /// The findings of the last verification of the store.
    public List<Finding> findings() {
        return verifier.findings();
    }

    /// The reasons why the store is rejected. Empty when it is verified, or not checked yet.
    List<String> refusals() {
        return verifier.state() instanceof StoreState.Rejected(var reasons) ? reasons : List.of();
    }

    /// The checks of readiness, from the last verification. Sends no command.
    public List<StoreCheck> checks() {
        var checks = new ArrayList<>(verifier.checks());
        checks.add(
                new StoreCheck(
                        "redis-news",
                        subscriptions.isOpen(),
                        subscriptions.isOpen()
                                ? "connected"
                                : "the connection for notices is down"));
        return checks;
    }

    boolean isClosed() {
        return timer.isShutdown();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        resources.shutdown(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private final class WhenBroken implements RedisConnectionStateListener {
        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            lines.stream()
                    .filter(line -> line.isOf(connection))
                    .forEach(PipelinedConnection::onDisconnected);
        }

        @Override
        public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
            lines.stream()
                    .filter(line -> line.isOf(connection))
                    .forEach(PipelinedConnection::onReconnected);
            timer.execute(verifier::verify);
        }
    }
}
