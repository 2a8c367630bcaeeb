package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/// An answer to a request, whole.
///
/// @param headers beside content type and length
public record HttpAnswer(int status, String contentType, Bytes body, Map<String, String> headers) {
    public static final String JSON = "application/json";
    public static final String PROBLEM = "application/problem+json";
    public static final String MLS = "message/mls";

    public HttpAnswer {
        headers = Map.copyOf(headers);
    }

    static HttpAnswer json(String body) {
        return new HttpAnswer(
                200, JSON, Bytes.wrap(body.getBytes(StandardCharsets.UTF_8)), Map.of());
    }

    FullHttpResponse toResponse() {
        var response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        HttpResponseStatus.valueOf(status),
                        Unpooled.copiedBuffer(body.asByteBuf()));
        var fields = response.headers();
        headers.forEach(fields::set);
        fields.set(HttpHeaderNames.CONTENT_TYPE, contentType);
        fields.setInt(HttpHeaderNames.CONTENT_LENGTH, body.size());
        fields.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        fields.set("x-content-type-options", "nosniff");
        return response;
    }
}
