package io.lockstep.gateway.http;

import io.lockstep.gateway.GatewayLimits;
import io.lockstep.wire.frame.Code;
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

    /// Why the head itself could not be read; empty when it could.
    Optional<HttpAnswer> problem(GatewayLimits.Http limits) {
        if (request.decoderResult().isSuccess()) {
            return Optional.empty();
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

    private static HttpAnswer tooLong(int status, String what, int bytesMax) {
        return ProblemDetails.of(
                Code.INVALID_REQUEST, status, what + ": at most " + bytesMax + " bytes", Map.of());
    }

    /// As sent, without the query.
    String path() {
        var uri = request.uri();
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
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
    Optional<HttpAnswer> bodyProblem(Route.Body body) {
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
