package io.lockstep.gateway.http;

import io.lockstep.auth.ClientId;
import io.netty.handler.codec.http.HttpMethod;
import reactor.core.publisher.Mono;

/// One method on one resource.
///
/// @param pattern path with `{}` for a parameter; also the metrics tag
/// @param body what it takes as a body
/// @param access who may call it, and what answers
public record Route(HttpMethod method, String pattern, Body body, Access access) {
    /// @param bytesMax longest; 0: there is none
    /// @param mediaType what it must be; empty where there is none
    public record Body(int bytesMax, String mediaType) {
        public static final Body NONE = new Body(0, "");
    }

    public sealed interface Access {
        /// Anybody; answered at once.
        record Open(OpenAnswer answer) implements Access {}

        /// Whoever presents a token that holds.
        record Authenticated(ClientAnswer answer) implements Access {}
    }

    /// Called on the event loop; does not block.
    @FunctionalInterface
    public interface OpenAnswer {
        HttpAnswer answer();
    }

    /// Called on the event loop; does not block.
    @FunctionalInterface
    public interface ClientAnswer {
        Mono<HttpAnswer> answer(ClientId client, Request request);
    }
}
