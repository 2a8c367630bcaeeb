package io.lockstep.server;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;

/// The TLS implementation: BoringSSL if its native library exists for the machine, otherwise the
/// JDK. The JDK's engine keeps two buffers of the length of a record for each connection.
enum TlsEngine {
    BORINGSSL(SslProvider.OPENSSL, "BoringSSL"),
    JDK(SslProvider.JDK, "the JDK, because netty-tcnative's native library is missing");

    final SslProvider provider;

    /// The name in log lines.
    final String text;

    TlsEngine(SslProvider provider, String text) {
        this.provider = provider;
        this.text = text;
    }

    static TlsEngine best() {
        return OpenSsl.isAvailable() ? BORINGSSL : JDK;
    }
}
