package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalLong;
import reactor.core.publisher.Flux;

/// The response of a route.
///
/// @param contentType empty if there is no content
/// @param headers in addition to content type and length, by lower-case name; `cache-control` is
///     `no-store` unless given
public record RouteResponse(
        int status, String contentType, ResponseContent content, Map<String, String> headers) {
    public static final String JSON = "application/json";
    public static final String JSON_LINES = "application/x-ndjson";
    public static final String PROBLEM = "application/problem+json";
    public static final String MLS = "message/mls";
    public static final String BYTES = "application/octet-stream";

    private static final String NO_STORE = "no-store";

    /// The content of a response.
    public sealed interface ResponseContent {
        /// Content that is complete in memory.
        record FullContent(Bytes bytes) implements ResponseContent {}

        /// Streamed content: the next chunk is requested when the socket is writable. A failure
        /// before the end closes the connection, which tells the client that the content is
        /// incomplete.
        ///
        /// @param length of all chunks together; empty if unknown, then sent with chunked encoding
        record Streamed(OptionalLong length, Flux<Bytes> parts) implements ResponseContent {}
    }

    public RouteResponse {
        headers = Map.copyOf(headers);
    }

    public RouteResponse(int status, String contentType, Bytes body, Map<String, String> headers) {
        this(status, contentType, new ResponseContent.FullContent(body), headers);
    }

    public static RouteResponse json(String body) {
        return new RouteResponse(
                200, JSON, Bytes.wrap(body.getBytes(StandardCharsets.UTF_8)), Map.of());
    }

    /// The complete response, or only its head if it is streamed.
    ///
    /// @param to the format that the client needs
    HttpResponse toResponse(ResponseFormat to) {
        var response =
                switch (content) {
                    case ResponseContent.FullContent(var body) -> whole(body);
                    case ResponseContent.Streamed(var length, _) -> head(length, to.takesChunks());
                };
        var fields = response.headers();
        fields.set(HttpHeaderNames.CACHE_CONTROL, NO_STORE);
        to.forBrowsers().forEach(fields::set);
        headers.forEach(fields::set);
        if (!contentType.isEmpty()) {
            fields.set(HttpHeaderNames.CONTENT_TYPE, contentType);
        }
        fields.set("x-content-type-options", "nosniff");
        return response;
    }

    private HttpResponse whole(Bytes body) {
        var response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        HttpResponseStatus.valueOf(status),
                        Unpooled.copiedBuffer(body.asByteBuf()));
        // A 204 has no `Content-Length`. In a 304 it would be the length of what is not sent (RFC
        // 9110 §8.6).
        if (status != HttpResponseStatus.NOT_MODIFIED.code()
                && status != HttpResponseStatus.NO_CONTENT.code()) {
            response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.size());
        }
        return response;
    }

    private HttpResponse head(OptionalLong length, boolean takesChunks) {
        var response =
                new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
        if (length.isPresent()) {
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, length.getAsLong());
        } else if (takesChunks) {
            response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        return response;
    }
}
