package io.lockstep.benchmarks.attacks;

import java.io.IOException;
import java.nio.file.Path;

/// Creates a certificate and key for a server under attack, with tools of the JDK and the system.
final class TlsFiles {
    private TlsFiles() {}

    /// Creates `tls.crt` and `tls.key` in the folder.
    ///
    /// @return the certificate
    static Path make(Path folder) throws IOException {
        var certificate = folder.resolve("tls.crt");
        var process =
                new ProcessBuilder(
                                "openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                "/CN=localhost",
                                "-addext",
                                "subjectAltName=DNS:localhost,IP:127.0.0.1",
                                "-keyout",
                                folder.resolve("tls.key").toString(),
                                "-out",
                                certificate.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException("openssl made no certificate");
        }
        return certificate;
    }
}
