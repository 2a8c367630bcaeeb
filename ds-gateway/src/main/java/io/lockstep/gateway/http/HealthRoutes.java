package io.lockstep.gateway.http;

import io.lockstep.wire.frame.Code;
import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Whether the process runs, and whether it can serve.
final class HealthRoutes {
    private HealthRoutes() {}

    static List<Route> routes(BooleanSupplier ready) {
        return List.of(
                open("/livez", () -> HttpAnswer.json("{\"status\":\"live\"}")),
                open(
                        "/readyz",
                        () ->
                                ready.getAsBoolean()
                                        ? HttpAnswer.json("{\"status\":\"ready\"}")
                                        : ProblemDetails.of(Code.UNAVAILABLE, "not ready")));
    }

    private static Route open(String path, Route.OpenAnswer answer) {
        return new Route(HttpMethod.GET, path, Route.Body.NONE, new Route.Access.Open(answer));
    }
}
