package io.lockstep.gateway;

import io.lockstep.gateway.access.GatewayServices;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.StoreAdmission;
import io.lockstep.gateway.access.SubmissionRateLimiter;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.connection.ClientAddressSource;
import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.connection.GatewayMetrics;
import io.lockstep.gateway.http.HttpContext;
import io.lockstep.gateway.http.WebSocketUpgrade;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.gateway.quota.Quotas;
import io.lockstep.gateway.route.HttpRoutes;
import io.lockstep.gateway.session.AttachRateLimiter;
import io.lockstep.gateway.session.HeartbeatWheels;
import io.lockstep.gateway.session.SessionContext;
import io.lockstep.gateway.session.SessionPipeline;
import io.lockstep.gateway.session.SessionRegistry;
import io.lockstep.runtime.FaultBarrier;
import io.lockstep.runtime.MonotonicClock;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.NettyRuntime;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/// The server of the client port: listens, and sets up HTTP or a session for each connection.
public final class Gateway {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final int BACKLOG = 4096;
    private static final Duration SETTLE_MAX = Duration.ofSeconds(2);
    private static final Duration STOP_TICK = Duration.ofMillis(20);
    private static final int TICKS_PER_PROGRESS = 250;
    private static final Retry RETRY =
            Retry.backoff(Long.MAX_VALUE, Duration.ofMillis(100)).maxBackoff(Duration.ofSeconds(5));

    private final GatewaySettings settings;
    private final GatewayServices services;
    private final SessionRegistry registry;
    private final AtomicBoolean leaving = new AtomicBoolean();
    private final ConnectionAdmission admission;
    private final Quotas quotas;
    private final HttpContext http;
    private final GatewayPipeline pipeline;
    private @Nullable EventLoopGroup loops;
    private @Nullable Channel listening;
    private Disposable inboxNotices = Disposables.disposed();
    private Disposable lowKeyPackages = Disposables.disposed();
    private Disposable revocations = Disposables.disposed();
    private Disposable settlements = Disposables.disposed();

    public Gateway(GatewaySettings settings, GatewayServices services) {
        this.settings = settings;
        this.services = services;
        var limits = settings.limits();
        admission =
                new ConnectionAdmission(
                        limits.connections(), limits.receive().unauthenticatedBudget());
        var unfinished = limits.receive().sessions(limits.session().frameBytesMax());
        registry = new SessionRegistry(MonotonicClock.SYSTEM);
        var metrics = new GatewayMetrics(services.meters(), admission, unfinished);
        var rates =
                new SubmissionRateLimiter(
                        limits.submissions(),
                        limits.session().frameBytesMax(),
                        MonotonicClock.SYSTEM);
        var store = new StoreAdmission(services.hasRoom());
        quotas =
                new Quotas(
                        services.quotas(),
                        services.pseudonyms(),
                        limits.quotas(),
                        MonotonicClock.SYSTEM,
                        services.meters());
        var access =
                new GroupAccess(
                        services.log(), services.remembered(), services.pseudonyms(), rates);
        var blobs = new BlobCache(services.blobs(), limits.blobs());
        var sessions =
                new SessionPipeline(
                        new SessionContext(
                                services,
                                limits.session(),
                                limits.receive(),
                                unfinished,
                                limits.blobs().blobBytesMax(),
                                limits.submissions().lookupMax(),
                                rates,
                                store,
                                quotas,
                                access,
                                blobs,
                                settings.policyDefault(),
                                metrics,
                                registry,
                                new HeartbeatWheels(limits.session().pingInterval()),
                                AttachRateLimiter.ofAttaches(
                                        limits.session().attachedGroupsMax(), System::nanoTime),
                                AttachRateLimiter.ofInboxAcks(System::nanoTime),
                                settings.browsers().loopbackOnly()));
        var upgrade = new WebSocketUpgrade(leaving::get);
        http =
                new HttpContext(
                        services.authenticator(),
                        HttpRoutes.of(services, access, store, quotas, blobs, limits),
                        limits.http(),
                        limits.receive(),
                        settings.addresses().reader(),
                        metrics,
                        upgrade,
                        sessions,
                        settings.browsers());
        pipeline = new GatewayPipeline(admission, metrics, settings.tls(), http, limits);
    }

    /// Starts listening. Blocks until the port is bound; called once, at start.
    ///
    /// @throws IllegalStateException if the address cannot be bound, or the requested transport is
    ///     unavailable
    public GatewayAddress start() {
        var transport = SocketTransport.of(settings.transport());
        // Before the first session: no session may miss the revocation of its device.
        revocations =
                services.revocations()
                        .notices()
                        .retryWhen(RETRY)
                        .subscribe(FaultBarrier.each("a revocation", registry::revoked));
        int threads =
                settings.eventLoops() > 0
                        ? settings.eventLoops()
                        : NettyRuntime.availableProcessors();
        var group =
                new MultiThreadIoEventLoopGroup(
                        threads, new DefaultThreadFactory("gateway"), transport.handlers());
        loops = group;
        var bound = listen(group, transport);
        listening = bound;
        settlements = quotas.start(Schedulers.parallel());
        lowKeyPackages =
                services.keyPackages()
                        .runningLow()
                        .retryWhen(RETRY)
                        .subscribe(FaultBarrier.each("a notice", registry::keyPackagesLow));
        inboxNotices =
                services.inbox()
                        .filed()
                        .retryWhen(RETRY)
                        .subscribe(
                                FaultBarrier.each(
                                        "a notice of an inbox item", registry::itemFiled));
        var address =
                new GatewayAddress(
                        (InetSocketAddress) bound.localAddress(),
                        transport.choice(),
                        threads,
                        settings.tls().isPresent());
        if (settings.addresses().peersAreProxies()
                && settings.addresses().source() == ClientAddressSource.PEER) {
            LOG.warn(
                    "behind a proxy, and the addresses of clients are unknown: no limit on"
                            + " connections by address applies; set listen.client-address and"
                            + " listen.trusted-proxies");
        }
        LOG.info(
                "listening at {} ({}, {} event loops{})",
                address.socket(),
                address.transport(),
                threads,
                address.tls() ? ", TLS" : "");
        return address;
    }

    private Channel listen(EventLoopGroup group, SocketTransport transport) {
        var opened =
                new ServerBootstrap()
                        .group(group)
                        .channel(transport.serverChannel())
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        // HTTP reads one object at a time; a session turns `autoRead` on.
                        .childOption(ChannelOption.AUTO_READ, false)
                        .childHandler(pipeline)
                        .register()
                        .awaitUninterruptibly();
        try {
            require(opened);
            var channel = opened.channel();
            settings.congestionControl()
                    .ifPresent(name -> transport.congestionControl(channel, name));
            require(channel.bind(settings.bind()).awaitUninterruptibly());
            return channel;
        } catch (RuntimeException e) {
            revocations.dispose();
            shutDown(group, () -> {});
            throw e;
        }
    }

    private void require(ChannelFuture done) {
        if (!done.isSuccess()) {
            throw new IllegalStateException(
                    "cannot listen at " + settings.bind() + ": " + done.cause().getMessage(),
                    done.cause());
        }
    }

    /// The event loop threads, for the watchdog; empty before the start.
    public List<Executor> eventLoops() {
        var executors = new ArrayList<Executor>();
        if (loops != null) {
            loops.forEach(executors::add);
        }
        return executors;
    }

    /// Opens no sessions any more, moves those that are open to other nodes, stops accepting
    /// connections, finishes answers in flight, and closes all connections, in bounded time.
    /// Completes when all of it is done.
    public Mono<Void> stop() {
        return Mono.defer(() -> {
            var group = loops;
            if (group == null || !leaving.compareAndSet(false, true)) {
                return Mono.empty();
            }
            var limits = settings.limits();
            return drain(limits.session())
                    .doOnTerminate(this::takeNoMore)
                    .then(until(() -> registry.size() == 0 && http.answering() == 0, limits.stop()))
                    .doOnTerminate(() -> {
                        revocations.dispose();
                        registry.closeAll();
                        http.closeAll();
                    })
                    .then(until(() -> admission.open() == 0, limits.session().closeTimeout()))
                    .then(quotas.settleAll().timeout(SETTLE_MAX).onErrorComplete())
                    .then(Mono.create(sink -> shutDown(group, sink::success)));
        });
    }

    /// HTTP goes on meanwhile: clients fetch what their sessions told them about.
    private Mono<Void> drain(SessionLimits limits) {
        return Mono.defer(() -> {
            if (!limits.drain().isZero()) {
                LOG.info(
                        "drains {} sessions over {} s",
                        registry.size(),
                        limits.drain().toSeconds());
            }
            registry.drain(limits.drain());
            return ticks(limits.drainMax())
                    .doOnNext(this::tellProgress)
                    .takeUntil(_ -> registry.size() == 0)
                    .then();
        });
    }

    private void tellProgress(long tick) {
        if (tick > 0 && tick % TICKS_PER_PROGRESS == 0) {
            LOG.info("{} sessions are left", registry.size());
        }
    }

    private void takeNoMore() {
        if (listening != null) {
            var _ = listening.close();
        }
        inboxNotices.dispose();
        lowKeyPackages.dispose();
        settlements.dispose();
    }

    private static void shutDown(EventLoopGroup group, Runnable done) {
        var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS).addListener(_ -> done.run());
    }

    /// Completes when the condition holds or the time has elapsed.
    private static Mono<Void> until(BooleanSupplier condition, Duration time) {
        return ticks(time).takeUntil(_ -> condition.getAsBoolean()).then();
    }

    private static Flux<Long> ticks(Duration time) {
        return FaultBarrier.ticks(Duration.ZERO, STOP_TICK, Schedulers.parallel()).take(time);
    }
}
