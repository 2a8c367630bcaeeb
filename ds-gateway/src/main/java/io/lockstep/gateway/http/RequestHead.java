package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.BrowserAccess;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.wire.Code;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.Map;
import java.util.Optional;

/// A parsed request head and the checks on it.
record RequestHead(HttpRequest request) {
    private static final String BEARER = "Bearer ";

    /// The refusal of a request whose head is malformed, so that not even its end is certain; empty
    /// if it is well-formed. The connection closes after the response.
    Optional<RouteResponse> problem(GatewayLimits.Http limits) {
        if (request.decoderResult().isSuccess()) {
            return framingProblem();
        }
        return Optional.of(
                switch (request.decoderResult().cause()) {
                    case TooLongHttpLineException _ ->
                            tooLong(414, "the request line", limits.requestLineBytesMax());
                    case TooLongHttpHeaderException _ ->
                            tooLong(431, "the headers", limits.headerBytesMax());
                    default -> ProblemDetails.of(Code.INVALID_REQUEST, "not an HTTP request");
                });
    }

    /// Checks what a decoder accepts and a proxy in front may interpret differently (RFC 9112 §3.2,
    /// §6).
    private Optional<RouteResponse> framingProblem() {
        var version = request.protocolVersion();
        if (version.majorVersion() != 1) {
            return refused(505, "the HTTP version must be 1.0 or 1.1");
        }
        var headers = request.headers();
        var hosts = headers.getAll(HttpHeaderNames.HOST);
        boolean mayLackHost = version.minorVersion() == 0;
        if (hosts.size() > 1 || (hosts.isEmpty() && !mayLackHost)) {
            return refused(400, "a request must have exactly one Host header");
        }
        if (!hosts.isEmpty() && !BrowserAccess.isHostAndPort(hosts.getFirst())) {
            return refused(400, "the Host header must be a host, with or without a port");
        }
        if (RequestTarget.of(request.uri()).isEmpty()) {
            return refused(400, "the request target must be a path, or an http or https URL");
        }
        var codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.isEmpty()) {
            return Optional.empty();
        }
        if (version.minorVersion() == 0) {
            return refused(400, "HTTP/1.0 does not support Transfer-Encoding");
        }
        if (codings.size() != 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
            return refused(501, "the only supported transfer coding is chunked, once");
        }
        return headers.contains(HttpHeaderNames.CONTENT_LENGTH)
                ? refused(400, "Content-Length and Transfer-Encoding exclude each other")
                : Optional.empty();
    }

    private static Optional<RouteResponse> refused(int status, String detail) {
        return Optional.of(ProblemDetails.of(Code.INVALID_REQUEST, status, detail, Map.of()));
    }

    private static RouteResponse tooLong(int status, String what, int bytesMax) {
        return ProblemDetails.of(
                Code.INVALID_REQUEST, status, what + ": at most " + bytesMax + " bytes", Map.of());
    }

    /// As sent, without the query.
    String path() {
        return RequestTarget.of(request.uri()).map(RequestTarget::path).orElse("");
    }

    /// In absolute-form the target's authority is used and `Host` is ignored (RFC 9112 §3.2.2).
    Optional<String> host() {
        return RequestTarget.of(request.uri())
                .flatMap(RequestTarget::authority)
                .or(() -> Optional.ofNullable(request.headers().get(HttpHeaderNames.HOST)));
    }

    /// Whether the client accepts a chunked response.
    boolean takesChunks() {
        var version = request.protocolVersion();
        return version.majorVersion() > 1 || version.minorVersion() >= 1;
    }

    boolean isKeepAlive() {
        return HttpUtil.isKeepAlive(request);
    }

    boolean expectsContinue() {
        return HttpUtil.is100ContinueExpected(request);
    }

    Optional<String> bearerToken() {
        var value = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
        return value.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? Optional.of(value.substring(BEARER.length()).strip())
                : Optional.empty();
    }

    /// The refusal of a body before any of it is read; empty if it may arrive.
    Optional<RouteResponse> bodyProblem(Route.BodyRule body) {
        if (body.mediaType().isEmpty()) {
            return Optional.empty();
        }
        if (!mediaType().equalsIgnoreCase(body.mediaType())) {
            return Optional.of(
                    ProblemDetails.of(
                            Code.UNSUPPORTED_MEDIA_TYPE, "the body is " + body.mediaType()));
        }
        if (announcedBytes() > body.bytesMax()) {
            return Optional.of(
                    ProblemDetails.of(
                            Code.MESSAGE_TOO_LARGE, "at most " + body.bytesMax() + " bytes"));
        }
        return Optional.empty();
    }

    /// Without its parameters.
    private String mediaType() {
        var type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        int parameters = type.indexOf(';');
        return (parameters < 0 ? type : type.substring(0, parameters)).strip();
    }

    /// 0 if there is no `Content-Length`.
    long announcedBytes() {
        try {
            return HttpUtil.getContentLength(request, 0L);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
