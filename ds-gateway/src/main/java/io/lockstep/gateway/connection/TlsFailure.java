package io.lockstep.gateway.connection;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/// The cause of a failed TLS handshake, as far as the server can tell. A metric tag.
public enum TlsFailure {
    TIMEOUT,
    /// The client closed the connection, as port scanners and health checks of load balancers do.
    CLOSED,
    /// The client sent something other than TLS, such as plain HTTP.
    NOT_TLS,
    /// Client and server share no protocol version or cipher suite.
    NOTHING_IN_COMMON,
    /// The client does not trust the certificate, or its name or validity period does not match.
    CERTIFICATE_REFUSED,
    OTHER;

    public static TlsFailure of(Throwable cause) {
        return switch (cause) {
            case SslHandshakeTimeoutException _ -> TIMEOUT;
            case NotSslRecordException _ -> NOT_TLS;
            case ClosedChannelException _ -> CLOSED;
            case SSLException alert -> ofText(String.valueOf(alert.getMessage()));
            case IOException _ -> CLOSED;
            default -> OTHER;
        };
    }

    /// BoringSSL and the JDK use different names for the same alerts.
    private static TlsFailure ofText(String message) {
        var text = message.toLowerCase(Locale.ROOT).replace(' ', '_');
        if (text.contains("certificate") || text.contains("unknown_ca")) {
            return CERTIFICATE_REFUSED;
        }
        if (text.contains("no_shared")
                || text.contains("unsupported_protocol")
                || text.contains("protocol_version")
                || text.contains("no_cipher_suites")
                || text.contains("no_available")
                || text.contains("handshake_failure")) {
            return NOTHING_IN_COMMON;
        }
        return text.contains("http_request") || text.contains("wrong_version") ? NOT_TLS : OTHER;
    }
}
