package io.lockstep.gateway.route;

import io.lockstep.directory.DeviceService;
import io.lockstep.gateway.http.Route;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Bytes;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Map;
import reactor.core.publisher.Mono;

/// Deletes what the directory stores of a user, at the request of one of its devices.
final class AccountRoute {
    private static final RouteResponse DELETED = new RouteResponse(204, "", Bytes.EMPTY, Map.of());

    private AccountRoute() {}

    static Route route(DeviceService devices) {
        return new Route(
                HttpMethod.DELETE,
                "/v1/account",
                Route.BodyRule.NONE,
                new Route.RouteAccess.Authenticated((client, _) ->
                        devices.deleteAccount(client).then(Mono.fromSupplier(() -> DELETED))));
    }
}
