package io.lockstep.gateway.http;

import io.lockstep.auth.Authenticator;
import io.lockstep.gateway.connection.BrowserAccess;
import io.lockstep.gateway.connection.ClientAddressRules;
import io.lockstep.gateway.connection.GatewayMetrics;
import io.lockstep.gateway.connection.MemoryShortageCounter;
import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.netty.channel.Channel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// The state that all HTTP connections share. Thread-safe.
public final class HttpContext {
    final Router router;
    final Authenticator authenticator;
    final WebSocketUpgrade upgrade;
    final SessionStarter sessions;
    final GatewayLimits.Http limits;
    final ReceiveLimits receive;
    final ClientAddressRules.AddressReader addresses;
    final GatewayMetrics metrics;
    final ByteBudget bodies;
    final MemoryShortageCounter shortages;
    final BrowserAccess browsers;

    /// Number of requests being answered: a graceful stop waits for them.
    private final AtomicInteger answering = new AtomicInteger();

    private final Set<Channel> connections = ConcurrentHashMap.newKeySet();

    public HttpContext(
            Authenticator authenticator,
            List<Route> routes,
            GatewayLimits.Http limits,
            ReceiveLimits receive,
            ClientAddressRules.AddressReader addresses,
            GatewayMetrics metrics,
            WebSocketUpgrade upgrade,
            SessionStarter sessions,
            BrowserAccess browsers) {
        this.router = new Router(routes);
        this.authenticator = authenticator;
        this.upgrade = upgrade;
        this.sessions = sessions;
        this.limits = limits;
        this.receive = receive;
        this.addresses = addresses;
        this.browsers = browsers;
        this.metrics = metrics;
        this.bodies = limits.bodies();
        this.shortages = metrics.shortages();
    }

    /// Determines the addresses of clients.
    public ClientAddressRules.AddressReader addresses() {
        return addresses;
    }

    /// Registers a connection in HTTP; it is closed when the server stops.
    void opened(Channel channel) {
        connections.add(channel);
    }

    /// Removes a connection that was closed or has become a session.
    void ended(Channel channel) {
        connections.remove(channel);
    }

    /// Closes every connection that still uses HTTP.
    public void closeAll() {
        for (var channel : connections) {
            var _ = channel.close();
        }
    }

    public int answering() {
        return answering.get();
    }

    void answerBegins() {
        answering.incrementAndGet();
    }

    void answerEnds() {
        answering.decrementAndGet();
    }
}
