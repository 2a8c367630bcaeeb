package io.lockstep.server;

import io.lockstep.auth.Authenticator;
import io.lockstep.auth.RevocationAuthenticator;
import io.lockstep.directory.CheckedDirectory;
import io.lockstep.directory.CredentialRule;
import io.lockstep.directory.DeviceService;
import io.lockstep.directory.SenderPseudonyms;
import io.lockstep.directory.WelcomeDispatcher;
import io.lockstep.fanout.tail.LogFanout;
import io.lockstep.gateway.Gateway;
import io.lockstep.gateway.GatewayAddress;
import io.lockstep.gateway.GatewaySettings;
import io.lockstep.gateway.access.GatewayServices;
import io.lockstep.gateway.access.PolicyDefaults;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.gateway.connection.BrowserAccess;
import io.lockstep.gateway.connection.ClientAddressRules;
import io.lockstep.log.GroupRules;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.ordering.actor.ActorOrdering;
import io.lockstep.ordering.retention.RetentionSweeper;
import io.lockstep.ordering.retention.SweepLimits;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.server.config.ServerSettings;
import io.lockstep.server.groups.BrokenGroupsWatch;
import io.lockstep.server.groups.GroupOperations;
import io.lockstep.server.health.HealthCheck;
import io.lockstep.server.health.HealthReport;
import io.lockstep.server.health.MemoryWatch;
import io.lockstep.server.health.Watchdog;
import io.lockstep.server.health.WatchedExecutor;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Builds all objects of a server by constructor, from the store to the gateway. Starts them in
/// that order and stops them in reverse order.
final class Wiring implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);

    /// Added to the gateway's own limit for a stop.
    private static final Duration STOP_MARGIN = Duration.ofSeconds(5);

    private final Store store;
    private final ModuleLimits limits;
    private final Metrics metrics;
    private final Scheduler actors;
    private final Scheduler release;
    private final Scheduler checks;
    private final ActorOrdering ordering;
    private final LogFanout fanout;
    private final WelcomeDispatcher welcomes;
    private final Gateway gateway;
    private final Optional<ReloadingSslContext> tls;
    private final Optional<OperatorAccess> operator;
    private final ServerSettings settings;

    private volatile boolean stopping;

    /// The inputs from which a server is built.
    ///
    /// @param store closed with the server
    /// @param tls empty: plain connections
    /// @param metrics the store already counts for it; closed with the server
    record WiringInput(
            ServerSettings settings,
            Store store,
            Authenticator authenticator,
            Optional<SslContext> tls,
            InstantSource clock,
            Metrics metrics) {}

    Wiring(WiringInput parts) {
        settings = parts.settings();
        store = parts.store();
        metrics = parts.metrics();
        limits = limits(settings);
        var clock = parts.clock();
        var meters = metrics.registry();
        tls =
                parts.tls()
                        .filter(ReloadingSslContext.class::isInstance)
                        .map(ReloadingSslContext.class::cast);
        tls.ifPresent(context ->
                Gauge.builder(
                                "lockstep.tls.certificate.expiry",
                                context,
                                ReloadingSslContext::secondsLeft)
                        .baseUnit("seconds")
                        .strongReference(true)
                        .register(meters));
        actors =
                Schedulers.newParallel(
                        "ordering", Runtime.getRuntime().availableProcessors(), true);
        release = Schedulers.newParallel("welcomes", 1, true);
        checks =
                Schedulers.newParallel(
                        "key-packages", Runtime.getRuntime().availableProcessors(), true);
        var remembered = new KnownIncarnations(KnownIncarnations.DEFAULT_MAX);
        ordering =
                new ActorOrdering(
                        store.log(), remembered, limits.ordering(), clock, actors, meters);
        fanout = fanout(meters, remembered);
        operator =
                settings.operations()
                        .tokenFile()
                        .map(file ->
                                new OperatorAccess(
                                        new OperatorToken(file),
                                        new GroupOperations(ordering, store.log(), clock, meters)));
        var keyPackages =
                new CheckedDirectory(
                        store.keyPackages(),
                        CredentialRule.BASIC_NAMES_CLIENT,
                        limits.directory().keyPackages(),
                        clock,
                        checks,
                        meters);
        welcomes =
                new WelcomeDispatcher(
                        store.log(),
                        store.blobs(),
                        store.keyPackages(),
                        store.inboxes(),
                        new SenderPseudonyms(store.names()),
                        limits.directory(),
                        release,
                        meters);
        gateway =
                new Gateway(
                        gatewaySettings(parts),
                        new GatewayServices(
                                ordering,
                                fanout,
                                store.log(),
                                remembered,
                                store.blobs(),
                                store.keyPackages(),
                                keyPackages,
                                store.inboxes(),
                                new MeteredAuthenticator(
                                        new RevocationAuthenticator(
                                                parts.authenticator(), store.revocations()),
                                        meters,
                                        System::nanoTime),
                                store.revocations(),
                                new DeviceService(
                                        store.revocations(),
                                        store.keyPackages(),
                                        store.inboxes(),
                                        clock),
                                new Pseudonyms(store.names()),
                                store.quotas(),
                                clock,
                                meters,
                                () -> live().isUp(),
                                this::ready,
                                store::hasRoom));
    }

    private static ModuleLimits limits(ServerSettings settings) {
        try {
            return ModuleLimits.of(settings);
        } catch (IllegalArgumentException e) {
            throw new StartupException("limits: " + e.getMessage(), e);
        }
    }

    private LogFanout fanout(MeterRegistry meters, KnownIncarnations remembered) {
        try {
            return new LogFanout(
                    store.log(),
                    remembered,
                    limits.fanout(),
                    settings.listen().writePath(),
                    meters,
                    PooledByteBufAllocator.DEFAULT,
                    MonotonicClock.SYSTEM);
        } catch (IllegalStateException e) {
            throw new StartupException("listen.write-path: " + e.getMessage(), e);
        }
    }

    private GatewaySettings gatewaySettings(WiringInput parts) {
        var listen = settings.listen();
        return new GatewaySettings(
                address(listen.address(), listen.port()),
                listen.transport(),
                listen.eventLoops(),
                listen.congestionControl(),
                parts.tls(),
                new BrowserAccess(
                        new HashSet<>(listen.originsAllowed()),
                        settings.auth().mode() == ServerSettings.Auth.AuthMode.DEV),
                new ClientAddressRules(
                        listen.clientAddress(), listen.trustedProxies(), listen.behindProxy()),
                new PolicyDefaults(
                        GroupRules.DEFAULT.withRetention(settings.groups().retention()),
                        settings.groups().retentionMax()),
                limits.gateway());
    }

    private static InetSocketAddress address(String host, int port) {
        var address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new StartupException("the address " + host + " is not known", null);
        }
        return address;
    }

    /// The addresses of a started server.
    record Addresses(GatewayAddress clients, InetSocketAddress operations) {}

    private Optional<OperationsServer> operations = Optional.empty();
    private Optional<RetentionSweeper> retention = Optional.empty();
    private Optional<BrokenGroupsWatch> broken = Optional.empty();
    private volatile Optional<Watchdog> watchdog = Optional.empty();
    private List<WatchedExecutor> threads = List.of();
    private final MemoryWatch memory = MemoryWatch.ofThisProcess(this::outOfMemory);
    private volatile Runnable endOnOutOfMemory = () -> {};

    /// Opens both ports.
    ///
    /// @throws StartupException if one cannot be opened; the server is then closed
    Addresses start() {
        try {
            var port = settings.operations();
            var opened =
                    OperationsServer.start(
                            address(port.address(), port.port()),
                            new OperationsServer.Pages(
                                    metrics.registry(), this::live, this::readiness, operator));
            operations = Optional.of(opened);
            welcomes.start();
            retention =
                    Optional.of(
                            new RetentionSweeper(
                                    store.log(),
                                    SweepLimits.DEFAULT,
                                    Schedulers.parallel(),
                                    metrics.registry()));
            broken =
                    Optional.of(
                            new BrokenGroupsWatch(
                                    store.log(),
                                    InstantSource.system(),
                                    Schedulers.parallel(),
                                    metrics.registry()));
            limits.memory().forEach(line -> LOG.info("memory: {}", line));
            var clients = startGateway();
            for (var warning :
                    PerformanceWarnings.warnings(
                            settings, PerformanceWarnings.thisMachine(settings))) {
                LOG.warn(warning);
            }
            watchHealth("live", this::live);
            watchHealth("ready", this::readiness);
            threads = watchedThreads();
            watchdog = Optional.of(Watchdog.start(threads, List.of(memory::tick)));
            return new Addresses(clients, opened.address());
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private GatewayAddress startGateway() {
        try {
            return gateway.start();
        } catch (IllegalStateException e) {
            throw new StartupException(
                    isBindFailure(e)
                            ? "port "
                                    + settings.listen().port()
                                    + " is taken; choose another with --port, or 0 for a free one;"
                                    + " a second server on this machine needs --operations-port,"
                                    + " too"
                            : "clients cannot connect: " + e.getMessage(),
                    e);
        }
    }

    private static boolean isBindFailure(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException
                    || String.valueOf(cause.getMessage()).contains("in use")) {
                return true;
            }
        }
        return false;
    }

    /// The threads that the watchdog checks; none before the start.
    List<WatchedExecutor> threads() {
        return threads;
    }

    /// All threads that serve clients or run timers.
    private List<WatchedExecutor> watchedThreads() {
        var found = new ArrayList<WatchedExecutor>();
        int loop = 0;
        for (var each : gateway.eventLoops()) {
            found.add(new WatchedExecutor("gateway-loop-" + ++loop, each));
        }
        int cores = Runtime.getRuntime().availableProcessors();
        addWorkers(found, "ordering", actors, cores);
        addWorkers(found, "welcomes", release, 1);
        addWorkers(found, "timers", Schedulers.parallel(), Schedulers.DEFAULT_POOL_SIZE);
        found.addAll(store.threads());
        return found;
    }

    /// A pool assigns its threads to workers in turn.
    private static void addWorkers(
            List<WatchedExecutor> found, String name, Scheduler pool, int size) {
        for (int i = 1; i <= size; i++) {
            found.add(
                    new WatchedExecutor(
                            size == 1 ? name : name + "-" + i, pool.createWorker()::schedule));
        }
    }

    private void watchHealth(String probe, Supplier<HealthReport> report) {
        Gauge.builder("lockstep.health", () -> report.get().isUp() ? 1 : 0)
                .tag("probe", probe)
                .register(metrics.registry());
    }

    private HealthReport live() {
        var checks = new ArrayList<>(watchdog.map(Watchdog::checks).orElse(List.of()));
        checks.add(memory);
        return HealthReport.of(checks);
    }

    /// Reloads files that may change while the server runs. A key set in a file needs no signal:
    /// its change takes effect at the next token.
    void reload() {
        LOG.info("reading files again");
        tls.ifPresent(ReloadingSslContext::reload);
        operator.ifPresent(access -> reload(access.token()));
    }

    private static void reload(OperatorToken token) {
        try {
            token.reload();
        } catch (StartupException e) {
            LOG.error("the earlier token stays: {}", e.getMessage());
        }
    }

    /// @param end see [RunningServer#onOutOfMemory]
    void onOutOfMemory(Runnable end) {
        endOnOutOfMemory = end;
    }

    private void outOfMemory() {
        endOnOutOfMemory.run();
    }

    /// The maximum time of [#close].
    Duration stopMax() {
        return stopMax(limits);
    }

    private HealthReport readiness() {
        var checks = new ArrayList<HealthCheck>();
        checks.add(
                HealthCheck.of(
                        "running",
                        () -> stopping ? HealthCheck.down("a stop has begun") : HealthCheck.up()));
        checks.addAll(store.readiness());
        checks.add(HealthCheck.of("groups", this::groups));
        return HealthReport.of(checks);
    }

    /// Frozen groups do not make the node unready: its other clients would move to nodes that use
    /// the same store.
    private HealthCheck.Status groups() {
        int ordered = ordering.frozenGroups();
        int delivering = fanout.frozenGroups();
        return ordered == 0 && delivering == 0
                ? HealthCheck.up()
                : HealthCheck.upBut(
                        "frozen groups: %d in ordering, %d in delivery"
                                .formatted(ordered, delivering));
    }

    /// Whether the server can serve: the store is usable, and no stop has begun.
    boolean ready() {
        return readiness().isUp();
    }

    /// Stops in bounded time: becomes unready, accepts nothing new, answers accepted submissions,
    /// closes the store.
    @Override
    public void close() {
        stopping = true;
        watchdog.ifPresent(Watchdog::close);
        await("the gateway", gateway.stop(), gatewayStopMax(limits));
        await("ordering", ordering.close(), orderingStopMax(limits));
        retention.ifPresent(RetentionSweeper::close);
        broken.ifPresent(BrokenGroupsWatch::close);
        welcomes.close();
        fanout.close();
        operations.ifPresent(OperationsServer::close);
        store.close();
        actors.dispose();
        release.dispose();
        checks.dispose();
        metrics.close();
    }

    /// The maximum time of [#close].
    static Duration stopMax(ModuleLimits limits) {
        return gatewayStopMax(limits).plus(orderingStopMax(limits));
    }

    private static Duration gatewayStopMax(ModuleLimits limits) {
        return limits.gateway()
                .session()
                .drainMax()
                .plus(limits.gateway().stop())
                .plus(STOP_MARGIN);
    }

    private static Duration orderingStopMax(ModuleLimits limits) {
        return limits.ordering().answerMax().plus(STOP_MARGIN);
    }

    private static void await(String what, Mono<Void> end, Duration max) {
        try {
            end.toFuture().get(max.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.warn("{} did not stop in good order", what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
