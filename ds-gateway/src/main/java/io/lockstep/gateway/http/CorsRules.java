package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.BrowserAccess;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The CORS rules: answers preflight requests and sets the headers for browsers (the Fetch
/// standard, "CORS protocol"). Tokens come in the `Authorization` header, never in cookies, so no
/// response allows credentials. Stateless.
final class CorsRules {
    private static final String PREFLIGHT_SECONDS = "7200";

    /// Request headers that a page may send in addition to the safelisted ones.
    private static final String REQUEST_HEADERS =
            "authorization, content-type, if-none-match, if-range, lockstep-position,"
                    + " lockstep-ratchet-tree, range";

    /// Response headers that a page may read in addition to the safelisted ones.
    private static final String ANSWER_HEADERS =
            "accept-ranges, allow, content-length, content-range, etag, lockstep-epoch,"
                    + " lockstep-proposals, lockstep-ratchet-tree, retry-after, www-authenticate";

    private CorsRules() {}

    /// The refusal of a request because of its origin or host; empty if it is allowed.
    static Optional<RouteResponse> problem(BrowserAccess access, RequestHead head) {
        var host = head.host();
        if (host.isPresent() && !access.allowsHost(host.get())) {
            return Optional.of(
                    ProblemDetails.of(
                            Code.ORIGIN_NOT_ALLOWED,
                            "a development server is only localhost, 127.0.0.1 or [::1]"));
        }
        var origins = head.request().headers().getAll(HttpHeaderNames.ORIGIN);
        if (origins.isEmpty() || (origins.size() == 1 && access.allowsOrigin(origins.getFirst()))) {
            return Optional.empty();
        }
        return Optional.of(
                ProblemDetails.of(
                        Code.ORIGIN_NOT_ALLOWED,
                        "pages of this origin may not use the server; its operator can allow them"
                                + " (listen.origins-allowed)"));
    }

    /// The CORS headers of every response to this request.
    static Map<String, String> headers(BrowserAccess access, HttpRequest request) {
        if (!access.isOpenToBrowsers()) {
            return Map.of();
        }
        var headers = new HashMap<String, String>(4);
        headers.put("vary", "origin");
        var origin = request.headers().get(HttpHeaderNames.ORIGIN);
        if (origin != null && access.allowsOrigin(origin)) {
            headers.put("access-control-allow-origin", origin);
            headers.put("access-control-expose-headers", ANSWER_HEADERS);
        }
        return headers;
    }

    /// Whether the request is a CORS preflight.
    static boolean isPreflight(HttpRequest request) {
        return request.method().equals(HttpMethod.OPTIONS)
                && request.headers().contains(HttpHeaderNames.ORIGIN)
                && request.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    }

    /// @param methods that the resource supports
    static RouteResponse preflight(String methods) {
        var headers = new LinkedHashMap<String, String>();
        headers.put("access-control-allow-methods", methods);
        headers.put("access-control-allow-headers", REQUEST_HEADERS);
        headers.put("access-control-max-age", PREFLIGHT_SECONDS);
        headers.put(
                "vary", "origin, access-control-request-method, access-control-request-headers");
        return new RouteResponse(204, "", Bytes.EMPTY, headers);
    }
}
