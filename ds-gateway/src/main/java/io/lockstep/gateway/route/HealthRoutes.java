package io.lockstep.gateway.route;

import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Code;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.function.BooleanSupplier;

/// `/livez` and `/readyz` on the client port. The response has the format of the operations port,
/// with one check and without the reasons, which are for operators:
/// `{"status":"up","checks":[{"name":"live","status":"up"}]}`. A failed check is a problem
/// document, like every refusal on this port.
final class HealthRoutes {
    private HealthRoutes() {}

    static List<Route> routes(BooleanSupplier live, BooleanSupplier ready) {
        return List.of(health("/livez", "live", live), health("/readyz", "ready", ready));
    }

    private static Route health(String path, String state, BooleanSupplier holds) {
        var up =
                "{\"status\":\"up\",\"checks\":[{\"name\":\"%s\",\"status\":\"up\"}]}\n"
                        .formatted(state);
        return open(
                path,
                () ->
                        holds.getAsBoolean()
                                ? RouteResponse.json(up)
                                : ProblemDetails.of(Code.UNAVAILABLE, "not " + state));
    }

    private static Route open(String path, Route.AnonymousHandler answer) {
        return new Route(
                HttpMethod.GET, path, Route.BodyRule.NONE, new Route.RouteAccess.Anonymous(answer));
    }
}
