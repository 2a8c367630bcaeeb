package io.lockstep.gateway.http;

import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// The opening handshake of WebSocket (RFC 6455 §4.2): checks the request and creates the response.
/// Thread-safe.
public final class WebSocketUpgrade {
    public static final String PATH = "/v1/ws";

    private static final String VERSION = "13";
    private static final int KEY_BYTES = 16;
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private final BooleanSupplier leaving;

    /// @param leaving whether the server is stopping
    public WebSocketUpgrade(BooleanSupplier leaving) {
        this.leaving = leaving;
    }

    sealed interface UpgradeOutcome {
        record Upgraded(FrameFormat format, FullHttpResponse response) implements UpgradeOutcome {}

        record UpgradeRefused(Code code, RouteResponse answer) implements UpgradeOutcome {}
    }

    UpgradeOutcome decide(HttpRequest request) {
        if (!request.method().equals(HttpMethod.GET)) {
            return refused(
                    Code.METHOD_NOT_ALLOWED,
                    405,
                    "a WebSocket upgrade must use GET",
                    Map.of("allow", "GET"));
        }
        var headers = request.headers();
        if (!headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                || !headers.containsValue(
                        HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)) {
            return invalid("this resource requires a WebSocket upgrade");
        }
        if (!VERSION.equals(headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
            return refused(
                    Code.INVALID_REQUEST,
                    426,
                    "Sec-WebSocket-Version must be 13",
                    Map.of("sec-websocket-version", VERSION, "upgrade", "websocket"));
        }
        var key = headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        if (key == null || !isKey(key)) {
            return invalid("Sec-WebSocket-Key must be 16 bytes in base64");
        }
        var format = format(request);
        if (format.isEmpty()) {
            return invalid(
                    "Sec-WebSocket-Protocol must be one of lockstep.v1.proto, lockstep.v1.json");
        }
        if (leaving.getAsBoolean()) {
            return refused(Code.GOING_AWAY, 503, "the server is stopping", Map.of());
        }
        return new UpgradeOutcome.Upgraded(format.get(), response(key, format.get()));
    }

    private static UpgradeOutcome invalid(String detail) {
        return refused(Code.INVALID_REQUEST, 400, detail, Map.of());
    }

    private static UpgradeOutcome refused(
            Code code, int status, String detail, Map<String, String> headers) {
        return new UpgradeOutcome.UpgradeRefused(
                code, ProblemDetails.of(code, status, detail, headers));
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /// The first subprotocol of the client that the server supports.
    private static Optional<FrameFormat> format(HttpRequest request) {
        for (var header : request.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
            for (var name : header.split(",", -1)) {
                var format = FrameFormat.ofSubprotocol(name.strip());
                if (format.isPresent()) {
                    return format;
                }
            }
        }
        return Optional.empty();
    }

    private static FullHttpResponse response(String key, FrameFormat format) {
        var response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        HttpResponseStatus.SWITCHING_PROTOCOLS,
                        Unpooled.EMPTY_BUFFER);
        response.headers()
                .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT, accept(key))
                .set(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, format.subprotocol());
        return response;
    }

    private static String accept(String key) {
        try {
            var sha1 = MessageDigest.getInstance("SHA-1");
            var digest = sha1.digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }
}
