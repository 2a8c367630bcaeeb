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

/// What a request's head says.
record RequestHead(HttpRequest request) {
    private static final String BEARER = "Bearer ";

    /// Why nothing of the request can be believed, not even where it ends; empty when all is well. The
    /// connection ends with the answer.
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

    /// What a decoder lets pass, and a proxy before us may read in another way (RFC 9112 §3.2, §6).
    private Optional<RouteResponse> framingProblem() {
        var version = request.protocolVersion();
        if (version.majorVersion() != 1) {
            return refused(505, "the version is HTTP/1.1");
        }
        var headers = request.headers();
        var hosts = headers.getAll(HttpHeaderNames.HOST);
        boolean mayLackHost = version.minorVersion() == 0;
        if (hosts.size() > 1 || (hosts.isEmpty() && !mayLackHost)) {
            return refused(400, "a request has one Host header");
        }
        if (!hosts.isEmpty() && !BrowserAccess.isHostAndPort(hosts.getFirst())) {
            return refused(400, "the Host header is a host and a port");
        }
        if (RequestTarget.of(request.uri()).isEmpty()) {
            return refused(400, "the request's target is a path, or an http or https URL");
        }
        var codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (codings.isEmpty()) {
            return Optional.empty();
        }
        if (version.minorVersion() == 0) {
            return refused(400, "HTTP/1.0 knows no Transfer-Encoding");
        }
        if (codings.size() != 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
            return refused(501, "the only transfer coding is chunked, once");
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

    /// In absolute-form the target's authority counts, and Host does not (RFC 9112 §3.2.2).
    Optional<String> host() {
        return RequestTarget.of(request.uri())
                .flatMap(RequestTarget::authority)
                .or(() -> Optional.ofNullable(request.headers().get(HttpHeaderNames.HOST)));
    }

    /// Whether it can take an answer in chunks.
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

    /// Why the body is refused before any of it is read; empty when it may come.
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

    /// 0 where it does not say.
    long announcedBytes() {
        try {
            return HttpUtil.getContentLength(request, 0L);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
