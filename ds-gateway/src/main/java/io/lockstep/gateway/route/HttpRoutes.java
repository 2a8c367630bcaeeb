package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GatewayServices;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.RateLimiter;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.runtime.MonotonicClock;
import java.util.ArrayList;
import java.util.List;

/// All routes of the HTTP interface, except the upgrade to WebSocket. `openapi.yaml` describes
/// them.
public final class HttpRoutes {
    private HttpRoutes() {}

    public static List<Route> of(
            GatewayServices services, GroupAccess access, BlobCache blobs, GatewayLimits limits) {
        var routes = new ArrayList<Route>();
        routes.addAll(HealthRoutes.routes(services.live(), services.ready()));
        routes.add(OpenApiRoute.route());
        routes.addAll(
                KeyPackageRoutes.routes(services.keyPackages(), limits.http().bodyBytesMax()));
        routes.addAll(ClaimRoutes.routes(services.keyPackages()));
        routes.addAll(DeviceRoutes.routes(services.devices()));
        routes.add(AccountRoute.route(services.devices()));
        var uploads = uploads(limits.blobs());
        routes.addAll(
                GroupInfoRoutes.routes(
                        services.log(),
                        access,
                        blobs,
                        uploads,
                        limits.blobs(),
                        limits.session().messageBytesMax()));
        routes.add(GroupDeletionRoute.route(services.log(), access, services.pseudonyms()));
        routes.add(ProposalsRoute.route(services.log(), access));
        routes.addAll(BlobRoutes.routes(access, blobs, uploads, limits.blobs()));
        routes.addAll(InboxRoute.routes(services.inbox(), blobs));
        return List.copyOf(routes);
    }

    private static RateLimiter<ClientId> uploads(BlobLimits limits) {
        return new RateLimiter<>(
                limits.uploadBurstBytes(), limits.uploadBytesPerSecond(), MonotonicClock.SYSTEM);
    }
}
