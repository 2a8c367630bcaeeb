package io.lockstep.gateway.http;

import io.lockstep.auth.Authenticator;
import io.lockstep.gateway.BlobLimits;
import io.lockstep.gateway.GatewayLimits;
import io.lockstep.gateway.GatewayMetrics;
import io.lockstep.gateway.GatewayServices;
import io.lockstep.gateway.GroupAccess;
import io.lockstep.gateway.blob.GroupBlobs;
import io.lockstep.gateway.blob.UploadRates;
import io.netty.channel.Channel;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// What all HTTP connections share. Thread-safe.
public final class HttpService {
    final Router router;
    final Authenticator authenticator;
    final WebSocketUpgrade upgrade;
    final SessionStarter sessions;
    final GatewayLimits.Http limits;
    final GatewayMetrics metrics;
    final BodyBudget bodies;

    /// Requests being answered: a graceful stop waits for them.
    private final AtomicInteger answering = new AtomicInteger();

    private final Set<Channel> connections = ConcurrentHashMap.newKeySet();

    public HttpService(
            GatewayServices services,
            GroupAccess access,
            GroupBlobs blobs,
            BlobLimits blobLimits,
            GatewayLimits.Http limits,
            GatewayMetrics metrics,
            WebSocketUpgrade upgrade,
            SessionStarter sessions) {
        var routes = new ArrayList<Route>();
        routes.addAll(HealthRoutes.routes(services.ready()));
        routes.addAll(KeyPackageRoutes.routes(services.keyPackages(), limits.bodyBytesMax()));
        routes.addAll(ClaimRoutes.routes(services.keyPackages()));
        routes.addAll(DeviceRoutes.routes(services.devices()));
        routes.add(GroupInfoRoute.route(services.log(), access, blobs));
        routes.addAll(BlobRoutes.routes(access, blobs, new UploadRates(blobLimits), blobLimits));
        routes.add(InboxRoute.route(services.inbox(), blobs));
        routes.add(OpenApiRoute.route());
        this.router = new Router(routes);
        this.authenticator = services.authenticator();
        this.upgrade = upgrade;
        this.sessions = sessions;
        this.limits = limits;
        this.metrics = metrics;
        this.bodies = new BodyBudget(limits.bodyBytesTotalMax());
    }

    /// A connection that speaks HTTP; it is closed when the server stops.
    void opened(Channel channel) {
        connections.add(channel);
    }

    /// It is closed, or has become a session.
    void ended(Channel channel) {
        connections.remove(channel);
    }

    /// Closes every connection that still speaks HTTP.
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
