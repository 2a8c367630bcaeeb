package io.lockstep.server;

import io.lockstep.auth.DevAuthenticator;
import io.lockstep.server.config.ServerSettings;
import io.lockstep.server.config.ServerSettings.Auth.AuthMode;
import io.lockstep.server.health.WatchedExecutor;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A development server: listens on loopback, keeps a data folder, accepts development tokens.
final class DevServer implements RunningServer {
    private static final Logger LOG = LoggerFactory.getLogger(DevServer.class);

    /// Replace the general defaults.
    static final Map<String, String> DEFAULTS =
            Map.of(
                    "listen.address", "127.0.0.1",
                    "auth.mode", "dev",
                    "key-packages.lifetime-max", "0s",
                    "limits.connections-per-address-max", "100000",
                    "limits.drain", "0s");

    private final DataFolder folder;
    private final Store store;
    private final Wiring wiring;
    private final Wiring.Addresses addresses;
    private final AtomicBoolean closed = new AtomicBoolean();

    private DevServer(DataFolder folder, Store store, Wiring wiring, Wiring.Addresses addresses) {
        this.folder = folder;
        this.store = store;
        this.wiring = wiring;
        this.addresses = addresses;
    }

    /// @throws StartupException if the server cannot start
    static DevServer start(ServerSettings settings, Path data) {
        checkLoopback("listen.address", settings.listen().address());
        checkLoopback("operations.address", settings.operations().address());
        if (settings.auth().mode() != AuthMode.DEV) {
            throw new StartupException("lockstep dev supports auth.mode dev only", null);
        }
        var folder = DataFolder.open(data);
        try {
            var clock = Clock.systemUTC();
            var keys = folder.deploymentKeys();
            // Before the store: a meter counts only for registries that exist when the meter is
            // made.
            var metrics = new Metrics();
            var store =
                    StoreFactory.forDevelopment(settings, folder, keys, clock, metrics.registry());
            var parts =
                    new Wiring.WiringInput(
                            settings,
                            store,
                            new DevAuthenticator(),
                            tls(settings.tls(), clock),
                            clock,
                            metrics);
            var wiring = StoreFactory.closedOnFailure(store, () -> new Wiring(parts));
            var server = new DevServer(folder, store, wiring, wiring.start());
            folder.announce(server.announcement());
            return server;
        } catch (RuntimeException e) {
            release(folder);
            throw e;
        }
    }

    private static Optional<SslContext> tls(ServerSettings.Tls files, InstantSource clock) {
        return files.certificate()
                .flatMap(certificate ->
                        files.key().map(key -> ReloadingSslContext.of(certificate, key, clock)));
    }

    private static void checkLoopback(String key, String address) {
        try {
            if (InetAddress.getByName(address).isLoopbackAddress()) {
                return;
            }
        } catch (UnknownHostException e) {
            throw new StartupException(key + " " + address + " is not known", e);
        }
        throw new StartupException(
                key + " " + address + " is not loopback: lockstep dev accepts any token", null);
    }

    private String client(String scheme, String path) {
        return scheme + "://" + hostAndPort(addresses.clients().socket()) + path;
    }

    private static String hostAndPort(InetSocketAddress address) {
        var host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    String webSocketUrl() {
        return client(addresses.clients().tls() ? "wss" : "ws", "/v1/ws");
    }

    String httpUrl() {
        return client(addresses.clients().tls() ? "https" : "http", "");
    }

    String operationsUrl() {
        return "http://" + hostAndPort(addresses.operations());
    }

    List<WatchedExecutor> threads() {
        return wiring.threads();
    }

    /// Nothing in it needs escaping: it holds URLs and numbers that the server made.
    private String announcement() {
        return """
        {"ws":"%s","http":"%s","operations":"%s","redis":"%s","pid":%d}
        """
                .formatted(
                        webSocketUrl(),
                        httpUrl(),
                        operationsUrl(),
                        store.ownersUri(),
                        ProcessHandle.current().pid());
    }

    @Override
    public List<String> banner() {
        var lines = new ArrayList<String>();
        lines.add("Lockstep, development server");
        lines.add("  WebSocket   " + webSocketUrl() + "  (lockstep.v1.proto, lockstep.v1.json)");
        lines.add("  HTTP        " + httpUrl() + "/v1/...");
        lines.add("  health      " + operationsUrl() + "/livez, /readyz");
        lines.add("  metrics     " + operationsUrl() + "/metrics");
        lines.add("  tokens      dev:<user>/<device>");
        lines.add(Banner.transport(addresses.clients()));
        lines.addAll(Banner.store(store));
        lines.add("  data        " + folder.path());
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
            folder.withdraw();
            wiring.close();
            release(folder);
        }
    }

    private static void release(DataFolder folder) {
        try {
            folder.close();
        } catch (IOException e) {
            LOG.warn("cannot release the data folder", e);
        }
    }
}
