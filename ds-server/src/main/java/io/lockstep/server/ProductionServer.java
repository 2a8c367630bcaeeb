package io.lockstep.server;

import io.lockstep.server.config.ServerSettings;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// The server that `lockstep serve` runs: TLS, JWT and a durable Redis.
final class ProductionServer implements RunningServer {
    private final Store store;
    private final Wiring wiring;
    private final Wiring.Addresses addresses;
    private final AtomicBoolean closed = new AtomicBoolean();

    private ProductionServer(Store store, Wiring wiring, Wiring.Addresses addresses) {
        this.store = store;
        this.wiring = wiring;
        this.addresses = addresses;
    }

    /// @throws StartupException with every reason that prevents the start
    static ProductionServer start(ServerSettings settings) {
        var clock = Clock.systemUTC();
        var checks = StartupChecks.check(settings, clock);
        var reasons = new ArrayList<>(checks.reasons());
        var metrics = new Metrics();
        Optional<Store> found =
                StoreFactory.forService(
                        settings, checks.deploymentKeys(), clock, metrics.registry(), reasons);
        if (!reasons.isEmpty() || found.isEmpty()) {
            found.ifPresent(Store::close);
            metrics.close();
            throw new StartupException(reasons, null);
        }
        var store = found.get();
        var wiring =
                StoreFactory.closedOnFailure(store, () -> new Wiring(checks.parts(store, metrics)));
        return new ProductionServer(store, wiring, wiring.start());
    }

    Wiring.Addresses addresses() {
        return addresses;
    }

    @Override
    public List<String> banner() {
        var clients = addresses.clients();
        var lines = new ArrayList<String>();
        lines.add("Lockstep");
        lines.add(
                "  clients     %s on %s%s"
                        .formatted(
                                clients.tls() ? "wss, https" : "ws, http (behind a proxy)",
                                clients.socket(),
                                ", /v1/ws"));
        lines.add("  operations  http on " + addresses.operations());
        lines.add(Banner.transport(clients));
        lines.addAll(Banner.store(store));
        return lines;
    }

    @Override
    public void reload() {
        wiring.reload();
    }

    @Override
    public void onOutOfMemory(Runnable end) {
        wiring.onOutOfMemory(end);
    }

    @Override
    public Duration stopMax() {
        return wiring.stopMax();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            wiring.close();
        }
    }
}
