package io.lockstep.gateway.http;

import io.lockstep.auth.TokenGrant;
import io.lockstep.wire.Bytes;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Optional;

/// A request as its route receives it.
///
/// @param session what the caller's token grants
/// @param parameters of the path, percent-decoded, in order
/// @param body [Bytes#EMPTY] for none
public record Request(RequestHead head, TokenGrant session, List<String> parameters, Bytes body) {
    public Request {
        parameters = List.copyOf(parameters);
    }

    public String parameter(int index) {
        return parameters.get(index);
    }

    /// @param name case-insensitive
    public Optional<String> header(CharSequence name) {
        return Optional.ofNullable(head.request().headers().get(name));
    }

    /// The first value of a query parameter, percent-decoded; empty if absent or if the query is
    /// malformed.
    public Optional<String> query(String name) {
        try {
            var values = new QueryStringDecoder(head.request().uri()).parameters().get(name);
            return values == null ? Optional.empty() : Optional.of(values.getFirst());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
