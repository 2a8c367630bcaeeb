package io.lockstep.gateway.route;

import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Bytes;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/// Returns the OpenAPI 3.1 description of this HTTP interface: the resource `openapi.yaml` of this
/// package.
final class OpenApiRoute {
    private static final String FILE = "openapi.yaml";
    private static final String YAML = "application/yaml";

    private OpenApiRoute() {}

    static Route route() {
        var answer = new RouteResponse(200, YAML, read(), Map.of("cache-control", "max-age=3600"));
        return new Route(
                HttpMethod.GET,
                "/openapi.yaml",
                Route.BodyRule.NONE,
                new Route.RouteAccess.Anonymous(() -> answer));
    }

    private static Bytes read() {
        try (var in = OpenApiRoute.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is not on the class path");
            }
            return Bytes.wrap(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
