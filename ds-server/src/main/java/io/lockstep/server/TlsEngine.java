package io.lockstep.server;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;

/// What encrypts: BoringSSL where its native library is there for the machine, else the JDK. The JDK's engine
/// keeps two buffers of a record's length for each connection.
enum TlsEngine {
    BORINGSSL(SslProvider.OPENSSL, "BoringSSL"),
    JDK(SslProvider.JDK, "the JDK, for want of netty-tcnative's native library");

    final SslProvider provider;

    /// For people.
    final String text;

    TlsEngine(SslProvider provider, String text) {
        this.provider = provider;
        this.text = text;
    }

    static TlsEngine best() {
        return OpenSsl.isAvailable() ? BORINGSSL : JDK;
    }
}
