package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GatewayServices;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.RateLimiter;
import io.lockstep.gateway.access.StoreAdmission;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.quota.Quotas;
import io.lockstep.runtime.MonotonicClock;
import io.netty.handler.codec.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/// All routes of the HTTP interface, except the upgrade to WebSocket. `openapi.yaml` describes
/// them.
public final class HttpRoutes {
    private HttpRoutes() {}

    public static List<Route> of(
            GatewayServices services,
            GroupAccess access,
            StoreAdmission store,
            Quotas quotas,
            BlobCache blobs,
            GatewayLimits limits) {
        var routes = new ArrayList<Route>();
        routes.addAll(HealthRoutes.routes(services.live(), services.ready()));
        routes.add(OpenApiRoute.route());
        routes.addAll(
                whileRoom(
                        store,
                        KeyPackageRoutes.routes(
                                services.keyPackages(), limits.http().bodyBytesMax())));
        routes.addAll(ClaimRoutes.routes(services.keyPackages()));
        routes.addAll(DeviceRoutes.routes(services.devices()));
        routes.add(AccountRoute.route(services.devices()));
        var uploads = uploads(limits.blobs());
        routes.addAll(
                whileRoom(
                        store,
                        GroupInfoRoutes.routes(
                                services.log(),
                                access,
                                blobs,
                                quotas,
                                uploads,
                                limits.blobs(),
                                limits.session().messageBytesMax())));
        routes.add(GroupStateRoute.route(services.log(), access));
        routes.add(GroupDeletionRoute.route(services.log(), access, services.pseudonyms()));
        routes.add(ProposalsRoute.route(services.log(), access));
        routes.addAll(
                whileRoom(
                        store, BlobRoutes.routes(access, blobs, quotas, uploads, limits.blobs())));
        routes.addAll(InboxRoute.routes(services.inbox(), blobs));
        return List.copyOf(routes);
    }

    /// Refuses the uploads among these routes while the store is nearly full.
    private static List<Route> whileRoom(StoreAdmission store, List<Route> routes) {
        return routes.stream()
                .map(route ->
                        route.access() instanceof Route.RouteAccess.Authenticated(var answer)
                                        && isUpload(route.method())
                                ? new Route(
                                        route.method(),
                                        route.pattern(),
                                        route.body(),
                                        new Route.RouteAccess.Authenticated(
                                                whileRoom(store, answer)))
                                : route)
                .toList();
    }

    private static boolean isUpload(HttpMethod method) {
        return method.equals(HttpMethod.POST) || method.equals(HttpMethod.PUT);
    }

    private static Route.ClientHandler whileRoom(StoreAdmission store, Route.ClientHandler answer) {
        return (client, request) ->
                store.postponement()
                        .map(postponed ->
                                Mono.just(
                                        ProblemDetails.postponed(
                                                postponed.refusal(), postponed.retryAfter())))
                        .orElseGet(() -> answer.answer(client, request));
    }

    private static RateLimiter<ClientId> uploads(BlobLimits limits) {
        return new RateLimiter<>(
                limits.uploadBurstBytes(), limits.uploadBytesPerSecond(), MonotonicClock.SYSTEM);
    }
}
