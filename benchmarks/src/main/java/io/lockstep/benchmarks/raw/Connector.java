package io.lockstep.benchmarks.raw;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// Opens connections to a server's client port, without or with TLS.
///
/// Threads: *thread-safe*.
@FunctionalInterface
public interface Connector {
    /// @param from the loopback address to connect from
    Socket connect(String from, int timeoutMillis) throws IOException;

    static Connector plain(int port) {
        return (from, timeoutMillis) -> PlainHttp.connect(port, from, timeoutMillis);
    }

    /// Trusts any certificate: this process started the server.
    static Connector tls(int port) {
        SSLContext context;
        try {
            context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustAllManager()}, new SecureRandom());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has TLS", e);
        }
        var sockets = context.getSocketFactory();
        return (from, timeoutMillis) ->
                sockets.createSocket(
                        PlainHttp.connect(port, from, timeoutMillis), "localhost", port, true);
    }

    /// A trust manager for loopback.
    final class TrustAllManager implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
