package io.lockstep.gateway.http;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.BlobLimits;
import io.lockstep.gateway.GatewayLimits;
import io.lockstep.gateway.GatewayServices;
import io.lockstep.gateway.GroupAccess;
import io.lockstep.gateway.RateLimiter;
import io.lockstep.gateway.blob.GroupBlobs;
import io.lockstep.log.MonotonicClock;
import java.util.ArrayList;
import java.util.List;

/// Everything that can be asked over HTTP, but for the upgrade to a WebSocket. `openapi.yaml` describes it.
public final class HttpRoutes {
    final List<Route> all;

    public HttpRoutes(
            GatewayServices services, GroupAccess access, GroupBlobs blobs, GatewayLimits limits) {
        var routes = new ArrayList<Route>();
        routes.addAll(HealthRoutes.routes(services.live(), services.ready()));
        routes.add(OpenApiRoute.route());
        routes.addAll(
                KeyPackageRoutes.routes(services.keyPackages(), limits.http().bodyBytesMax()));
        routes.addAll(ClaimRoutes.routes(services.keyPackages()));
        routes.addAll(DeviceRoutes.routes(services.devices()));
        routes.add(GroupInfoRoute.route(services.log(), access, blobs));
        routes.addAll(BlobRoutes.routes(access, blobs, uploads(limits.blobs()), limits.blobs()));
        routes.addAll(InboxRoute.routes(services.inbox(), blobs));
        all = List.copyOf(routes);
    }

    private static RateLimiter<ClientId> uploads(BlobLimits limits) {
        return new RateLimiter<>(
                limits.uploadBurstBytes(), limits.uploadBytesPerSecond(), MonotonicClock.SYSTEM);
    }
}
