package io.lockstep.gateway;

import io.lockstep.auth.Authenticator;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.DevAuthenticator;
import io.lockstep.auth.RevocationAuthenticator;
import io.lockstep.auth.memory.MemoryRevocationStore;
import io.lockstep.directory.DeviceService;
import io.lockstep.directory.DirectoryLimits;
import io.lockstep.directory.Features;
import io.lockstep.directory.KeyPackageKind;
import io.lockstep.directory.OfferedKeyPackage;
import io.lockstep.directory.PublishRequest;
import io.lockstep.directory.SenderPseudonyms;
import io.lockstep.directory.StoredKeyPackage;
import io.lockstep.directory.WelcomeDispatcher;
import io.lockstep.directory.memory.MemoryInboxStore;
import io.lockstep.directory.memory.MemoryKeyPackageStore;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.fanout.tail.LogFanout;
import io.lockstep.gateway.access.GatewayServices;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.log.memory.MemoryBlobStore;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.log.memory.MemoryQuotaStore;
import io.lockstep.ordering.Ordering;
import io.lockstep.ordering.actor.ActorOrdering;
import io.lockstep.ordering.actor.OrderingLimits;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// A complete service in memory behind a real gateway on a free loopback port.
public final class TestServer implements AutoCloseable {
    public final MemoryBlobStore blobs = new MemoryBlobStore(InstantSource.system());
    public final MemoryGroupLog log = new MemoryGroupLog(blobs);
    public final KnownIncarnations remembered = new KnownIncarnations(1_000);
    public final MemoryRevocationStore revocations = new MemoryRevocationStore();
    public final MemoryKeyPackageStore keyPackages =
            new MemoryKeyPackageStore(InstantSource.system(), revocations);
    public final MemoryQuotaStore quotas = new MemoryQuotaStore(InstantSource.system());
    public final MemoryInboxStore inbox = new MemoryInboxStore();
    public final FakeKeyPackageDirectory directory = new FakeKeyPackageDirectory();
    public final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    public final AtomicBoolean live = new AtomicBoolean(true);
    public final AtomicBoolean ready = new AtomicBoolean(true);
    public final AtomicBoolean hasRoom = new AtomicBoolean(true);
    private final DeploymentKey key = DeploymentKey.of(Bytes.wrap(new byte[DeploymentKey.BYTES]));
    public final Pseudonyms pseudonyms = new Pseudonyms(key);
    public final GatewayServices services;
    public final Gateway gateway;
    public final GatewayAddress address;
    private final Scheduler actors = Schedulers.newParallel("test-actors", 2);
    private final LogFanout fanout =
            new LogFanout(
                    log,
                    remembered,
                    FanoutLimits.DEFAULT,
                    WritePathChoice.AUTO,
                    meters,
                    PooledByteBufAllocator.DEFAULT,
                    MonotonicClock.SYSTEM);
    private final ActorOrdering ordering =
            new ActorOrdering(
                    log,
                    remembered,
                    OrderingLimits.DEFAULT,
                    InstantSource.system(),
                    actors,
                    meters);
    private final WelcomeDispatcher welcomes =
            new WelcomeDispatcher(
                    log,
                    blobs,
                    keyPackages,
                    inbox,
                    new SenderPseudonyms(key),
                    DirectoryLimits.DEFAULT,
                    actors,
                    meters);

    /// The test's changes to the service.
    public record Setup(
            UnaryOperator<GatewaySettings> settings,
            Authenticator authenticator,
            Function<Ordering, Ordering> ordering,
            UnaryOperator<GatewayServices> services) {
        public static final Setup DEFAULT =
                new Setup(
                        UnaryOperator.identity(),
                        new DevAuthenticator(),
                        ordering -> ordering,
                        UnaryOperator.identity());

        public Setup withSettings(UnaryOperator<GatewaySettings> change) {
            return new Setup(change, authenticator, ordering, services);
        }

        public Setup withSession(UnaryOperator<SessionLimits> change) {
            return withSettings(
                    s -> s.withLimits(s.limits().withSession(change.apply(s.limits().session()))));
        }

        public Setup withAuthenticator(Authenticator other) {
            return new Setup(settings, other, ordering, services);
        }

        public Setup withOrdering(Function<Ordering, Ordering> wrap) {
            return new Setup(settings, authenticator, wrap, services);
        }

        public Setup withServices(UnaryOperator<GatewayServices> change) {
            return new Setup(settings, authenticator, ordering, change);
        }
    }

    private TestServer(Setup setup) {
        var settings =
                GatewaySettings.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        services =
                new GatewayServices(
                        setup.ordering().apply(ordering),
                        fanout,
                        log,
                        remembered,
                        blobs,
                        keyPackages,
                        directory,
                        inbox,
                        new RevocationAuthenticator(setup.authenticator(), revocations),
                        revocations,
                        new DeviceService(revocations, keyPackages, inbox, InstantSource.system()),
                        pseudonyms,
                        quotas,
                        InstantSource.system(),
                        meters,
                        live::get,
                        ready::get,
                        hasRoom::get);
        gateway = new Gateway(setup.settings().apply(settings), setup.services().apply(services));
        address = gateway.start();
        welcomes.start();
    }

    public static TestServer start() {
        return start(Setup.DEFAULT);
    }

    public static TestServer start(Setup setup) {
        return new TestServer(setup);
    }

    public URI http(String path) {
        return URI.create("http://127.0.0.1:" + address.socket().getPort() + path);
    }

    public URI webSocket() {
        return URI.create("ws://127.0.0.1:" + address.socket().getPort() + "/v1/ws");
    }

    public double count(String name, String... tags) {
        var counter = meters.find(name).tags(tags).counter();
        return counter == null ? 0 : counter.count();
    }

    /// Publishes bytes in place of a KeyPackage of this client: a last resort, usable for any
    /// group.
    ///
    /// @return its ref
    public Bytes keyPackageOf(ClientId client) {
        return publish(client, true);
    }

    /// The same as a single-use KeyPackage.
    public Bytes singleUseKeyPackageOf(ClientId client) {
        return publish(client, false);
    }

    private Bytes publish(ClientId client, boolean lastResort) {
        var ref = MlsBytes.text("ref of " + client).sha256();
        keyPackages
                .publish(
                        PublishRequest.of(
                                client,
                                List.of(
                                        new OfferedKeyPackage(
                                                new StoredKeyPackage(
                                                        client,
                                                        ref,
                                                        KeyPackageKind.ofSuite(1),
                                                        lastResort,
                                                        Instant.now().plus(Duration.ofDays(1)),
                                                        MlsBytes.text("key package")),
                                                Features.NONE)),
                                false,
                                100))
                .block();
        return ref;
    }

    public boolean isMember(GroupId group, String client) {
        var membership =
                log.membership(group, pseudonyms.member(group, ClientId.parse(client))).block();
        return membership != null && membership.isPresent() && membership.get().isCurrent();
    }

    @Override
    public void close() {
        gateway.stop().block(Duration.ofSeconds(20));
        welcomes.close();
        fanout.close();
        ordering.close().block(Duration.ofSeconds(5));
        actors.dispose();
    }
}
