package io.lockstep.gateway.http;

import io.lockstep.auth.ClientId;
import io.netty.handler.codec.http.HttpMethod;
import reactor.core.publisher.Mono;

/// The handler of one method on one resource.
///
/// @param pattern path with `{}` for a parameter; also the metrics tag
/// @param body the rule for its request body
/// @param access the required authentication, and the handler
public record Route(HttpMethod method, String pattern, BodyRule body, RouteAccess access) {
    /// @param bytesMax longest body; 0: no body is allowed
    /// @param mediaType required media type; empty if there is no body
    public record BodyRule(int bytesMax, String mediaType) {
        public static final BodyRule NONE = new BodyRule(0, "");
    }

    public sealed interface RouteAccess {
        /// Every client may call it; answered at once.
        record Anonymous(AnonymousHandler answer) implements RouteAccess {}

        /// A client with a valid token may call it.
        record Authenticated(ClientHandler answer) implements RouteAccess {}
    }

    /// Called on the event loop; must not block.
    @FunctionalInterface
    public interface AnonymousHandler {
        RouteResponse answer();
    }

    /// Called on the event loop; must not block.
    @FunctionalInterface
    public interface ClientHandler {
        Mono<RouteResponse> answer(ClientId client, Request request);
    }
}
