package io.lockstep.gateway.http;

import io.lockstep.auth.ClientId;
import io.netty.handler.codec.http.HttpMethod;
import reactor.core.publisher.Mono;

/// One method on one resource.
///
/// @param pattern path with `{}` for a parameter; also the metrics tag
/// @param body what it takes as a body
/// @param access who may call it, and what answers
public record Route(HttpMethod method, String pattern, BodyRule body, RouteAccess access) {
    /// @param bytesMax longest; 0: there is none
    /// @param mediaType what it must be; empty where there is none
    public record BodyRule(int bytesMax, String mediaType) {
        public static final BodyRule NONE = new BodyRule(0, "");
    }

    public sealed interface RouteAccess {
        /// Anybody; answered at once.
        record Anonymous(AnonymousHandler answer) implements RouteAccess {}

        /// Whoever presents a token that holds.
        record Authenticated(ClientHandler answer) implements RouteAccess {}
    }

    /// Called on the event loop; does not block.
    @FunctionalInterface
    public interface AnonymousHandler {
        RouteResponse answer();
    }

    /// Called on the event loop; does not block.
    @FunctionalInterface
    public interface ClientHandler {
        Mono<RouteResponse> answer(ClientId client, Request request);
    }
}
