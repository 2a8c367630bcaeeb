package io.lockstep.gateway.route;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.DeviceService;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/// Lists and revokes a user's own devices.
final class DeviceRoutes {
    private final DeviceService devices;

    private DeviceRoutes(DeviceService devices) {
        this.devices = devices;
    }

    static List<Route> routes(DeviceService devices) {
        var routes = new DeviceRoutes(devices);
        return List.of(
                new Route(
                        HttpMethod.GET,
                        "/v1/devices",
                        Route.BodyRule.NONE,
                        new Route.RouteAccess.Authenticated((client, _) -> routes.list(client))),
                new Route(
                        HttpMethod.DELETE,
                        "/v1/devices/{}",
                        Route.BodyRule.NONE,
                        new Route.RouteAccess.Authenticated(
                                (client, request) -> routes.revoke(client, request.parameter(0)))));
    }

    private Mono<RouteResponse> list(ClientId client) {
        return devices.of(client.user()).map(names -> json(client, names));
    }

    private static RouteResponse json(ClientId client, List<String> names) {
        var listed =
                names.stream()
                        .map(name ->
                                Map.<String, Object>of(
                                        "device", name, "this", name.equals(client.device())))
                        .toList();
        return new RouteResponse(
                200,
                RouteResponse.JSON,
                Bytes.wrap(Json.write(Map.of("user", client.user(), "devices", listed))),
                Map.of());
    }

    private Mono<RouteResponse> revoke(ClientId client, String name) {
        ClientId device;
        try {
            device = new ClientId(client.user(), name);
        } catch (IllegalArgumentException e) {
            return Mono.just(
                    ProblemDetails.of(
                            Code.INVALID_REQUEST,
                            "a device name has 1 to 64 letters, digits and . _ @ -"));
        }
        return devices.revoke(device)
                .map(revoked ->
                        revoked
                                ? new RouteResponse(204, "", Bytes.EMPTY, Map.of())
                                : ProblemDetails.of(
                                        Code.RATE_LIMITED,
                                        "this user has revoked the maximum number of devices"));
    }
}
