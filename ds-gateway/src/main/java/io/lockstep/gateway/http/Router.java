package io.lockstep.gateway.http;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/// Finds the route of a request.
final class Router {
    private final List<Compiled> routes;

    private record Compiled(Route route, List<String> segments) {}

    Router(List<Route> routes) {
        this.routes =
                routes.stream()
                        .map(r -> new Compiled(r, List.of(r.pattern().split("/", -1))))
                        .toList();
    }

    sealed interface Match {
        record RouteFound(Route route, List<String> parameters) implements Match {
            public RouteFound {
                parameters = List.copyOf(parameters);
            }
        }

        record NoSuchPath() implements Match {}

        /// @param allowed value of the `Allow` header
        record NoSuchMethod(String allowed) implements Match {}
    }

    /// @param rawPath as sent, without the query
    Match find(HttpMethod method, String rawPath) {
        var segments = rawPath.split("/", -1);
        var allowed = new LinkedHashSet<String>();
        for (var candidate : routes) {
            var parameters = match(candidate.segments(), segments);
            if (parameters.isEmpty()) {
                continue;
            }
            if (candidate.route().method().equals(method)) {
                return new Match.RouteFound(candidate.route(), parameters.get());
            }
            allowed.add(candidate.route().method().name());
        }
        return allowed.isEmpty()
                ? new Match.NoSuchPath()
                : new Match.NoSuchMethod(String.join(", ", allowed));
    }

    private static Optional<List<String>> match(List<String> pattern, String[] segments) {
        if (pattern.size() != segments.length) {
            return Optional.empty();
        }
        var parameters = new ArrayList<String>(1);
        for (int i = 0; i < segments.length; i++) {
            if (pattern.get(i).equals("{}")) {
                try {
                    parameters.add(QueryStringDecoder.decodeComponent(plusAsItIs(segments[i])));
                } catch (IllegalArgumentException e) {
                    return Optional.empty();
                }
            } else if (!pattern.get(i).equals(segments[i])) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }

    /// In a path, `+` is a literal plus sign. The decoder is for queries, where it means a space.
    private static String plusAsItIs(String segment) {
        return segment.replace("+", "%2B");
    }
}
