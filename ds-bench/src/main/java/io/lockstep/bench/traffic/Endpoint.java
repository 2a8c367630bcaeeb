package io.lockstep.bench.traffic;

import io.lockstep.wire.frame.FrameFormat;
import java.net.InetSocketAddress;
import java.net.URI;

/// The URL of a WebSocket and the protocol inside it.
///
/// @param url `ws:` or `wss:`
public record Endpoint(Dialect dialect, URI url) {
    public Endpoint {
        if (url.getHost() == null || !("ws".equals(url.getScheme()) || isSecure(url))) {
            throw new IllegalArgumentException(url + " is not a ws: or wss: URL");
        }
    }

    private static boolean isSecure(URI url) {
        return "wss".equals(url.getScheme());
    }

    boolean isSecure() {
        return isSecure(url);
    }

    InetSocketAddress address() {
        int port = url.getPort() > 0 ? url.getPort() : isSecure() ? 443 : 80;
        return new InetSocketAddress(url.getHost(), port);
    }

    String upgradeRequest() {
        var path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        var protocol =
                dialect == Dialect.LOCKSTEP
                        ? "Sec-WebSocket-Protocol: " + FrameFormat.PROTO.subprotocol() + "\r\n"
                        : "";
        return """
        GET %s HTTP/1.1
        Host: %s
        Upgrade: websocket
        Connection: Upgrade
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==
        Sec-WebSocket-Version: 13
        """
                        .formatted(path, url.getAuthority())
                        .replace("\n", "\r\n")
                + protocol
                + "\r\n";
    }
}
