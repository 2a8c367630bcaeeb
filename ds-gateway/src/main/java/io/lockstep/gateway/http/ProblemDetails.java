package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RetryAdvice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// Creates error responses of RFC 9457:
/// `{"type":"urn:lockstep:<code>","title":…,"status":…,"code":…,"detail":…}`.
public final class ProblemDetails {
    private static final String RETRY_AFTER = "retry-after";
    private static final String RETRY_AFTER_SECONDS = "1";

    private ProblemDetails() {}

    /// An error whose detail is the meaning of its code.
    public static RouteResponse of(Code code) {
        return of(Refusal.of(code));
    }

    public static RouteResponse of(Refusal refusal) {
        return of(refusal.code(), refusal.detail());
    }

    public static RouteResponse of(Code code, String detail) {
        return of(code, code.httpStatus(), detail, Map.of());
    }

    /// @param wait until the client may retry; sent in whole seconds, rounded up
    public static RouteResponse rateLimited(String detail, Duration wait) {
        return postponed(new Refusal(Code.RATE_LIMITED, detail), wait);
    }

    /// @param wait until the client may retry; sent in whole seconds, rounded up
    public static RouteResponse postponed(Refusal refusal, Duration wait) {
        return of(
                refusal.code(),
                refusal.code().httpStatus(),
                refusal.detail(),
                Map.of(RETRY_AFTER, Long.toString(secondsUp(wait))));
    }

    public static long secondsUp(Duration wait) {
        return Math.max(1, wait.plusMillis(999).toSeconds());
    }

    /// A complete response that closes its connection, as bytes, for a connection without handlers.
    public static ByteBuf bytes(Code code) {
        var answer = of(code);
        var body =
                switch (answer.content()) {
                    case RouteResponse.ResponseContent.FullContent(var whole) -> whole;
                    case RouteResponse.ResponseContent.Streamed _ ->
                            throw new IllegalStateException("a problem document is never streamed");
                };
        var head = new StringBuilder("HTTP/1.1 ");
        head.append(HttpResponseStatus.valueOf(answer.status())).append("\r\n");
        head.append("content-type: ").append(answer.contentType()).append("\r\n");
        head.append("content-length: ").append(body.size()).append("\r\n");
        answer.headers()
                .forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
        head.append("cache-control: no-store\r\nconnection: close\r\n\r\n");
        return Unpooled.wrappedBuffer(
                head.toString().getBytes(StandardCharsets.US_ASCII), body.toArray());
    }

    /// @param status if it is more specific than the code's own
    public static RouteResponse of(
            Code code, int status, String detail, Map<String, String> moreHeaders) {
        var problem = new LinkedHashMap<String, Object>();
        problem.put("type", "urn:lockstep:" + code.wireName());
        problem.put("title", code.meaning());
        problem.put("status", status);
        problem.put("code", code.wireName());
        problem.put("detail", detail);
        var headers = new LinkedHashMap<>(moreHeaders);
        if (status == Code.UNAUTHENTICATED.httpStatus()) {
            headers.put("www-authenticate", "Bearer");
        }
        if (code.retry() == RetryAdvice.LATER && status >= 429) {
            headers.putIfAbsent(RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        return new RouteResponse(
                status, RouteResponse.PROBLEM, Bytes.wrap(Json.write(problem)), headers);
    }
}
