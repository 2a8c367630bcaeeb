package io.lockstep.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.ServerProbe.ProbeResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Regression: all of these failures were reported as "no server answers". The certificate is for
/// 127.0.0.1.
class ServerProbeTest {
    @TempDir private Path folder;

    private static ProbeResult probe(String scheme, InetSocketAddress at, Optional<Path> ca) {
        try (var network = ClientNetwork.start(1, ca)) {
            return network.probe(
                    URI.create(
                            scheme
                                    + "://"
                                    + at.getAddress().getHostAddress()
                                    + ":"
                                    + at.getPort()));
        }
    }

    private static HttpServer plain() throws IOException {
        return started(
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    }

    private static HttpsServer tls(SelfSignedCertificate files, String address)
            throws IOException, GeneralSecurityException {
        var store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        Certificate certificate;
        try (var in = Files.newInputStream(files.certificate())) {
            certificate = CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
        var key =
                KeyFactory.getInstance("EC")
                        .generatePrivate(
                                new PKCS8EncodedKeySpec(
                                        Base64.getMimeDecoder()
                                                .decode(
                                                        Files.readString(files.key())
                                                                .replaceAll("-----.*-----", ""))));
        store.setKeyEntry("key", key, new char[0], new Certificate[] {certificate});
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        var server = HttpsServer.create(new InetSocketAddress(address, 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        return started(server);
    }

    private static <T extends HttpServer> T started(T server) {
        server.createContext(
                "/",
                exchange -> {
                    exchange.sendResponseHeaders(200, -1);
                    exchange.close();
                });
        server.start();
        return server;
    }

    @Test
    void anUnknownHostNameIsReported() {
        try (var network = ClientNetwork.start(1)) {
            assertThat(network.probe(URI.create("https://no-such-host.invalid:7420")))
                    .isEqualTo(ProbeResult.UNKNOWN_HOST);
        }
    }

    @Test
    void aPortWithoutAListenerIsReported() throws Exception {
        int port;
        try (var taken = new ServerSocket(0)) {
            port = taken.getLocalPort();
        }
        assertThat(
                        probe(
                                "http",
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                                Optional.empty()))
                .isEqualTo(ProbeResult.NOTHING_LISTENS);
    }

    @Test
    void plainAndTlsAreDistinguished() throws Exception {
        var plain = plain();
        var tls = tls(SelfSignedCertificate.write(folder), "127.0.0.1");
        try {
            assertThat(probe("http", plain.getAddress(), Optional.empty()))
                    .isEqualTo(ProbeResult.ANSWERS);
            assertThat(probe("https", plain.getAddress(), Optional.empty()))
                    .isEqualTo(ProbeResult.PLAIN);
            assertThat(probe("http", tls.getAddress(), Optional.empty()))
                    .isEqualTo(ProbeResult.TLS);
        } finally {
            plain.stop(0);
            tls.stop(0);
        }
    }

    @Test
    void aCertificateIsTrustedByItsAuthorityAndForItsName() throws Exception {
        var files = SelfSignedCertificate.write(folder);
        var ca = Optional.of(files.certificate());
        var own = tls(files, "127.0.0.1");
        var other = tls(files, "127.0.0.2");
        try {
            assertThat(probe("https", own.getAddress(), Optional.empty()))
                    .isEqualTo(ProbeResult.UNTRUSTED_CERTIFICATE);
            assertThat(probe("https", own.getAddress(), ca)).isEqualTo(ProbeResult.ANSWERS);
            assertThat(probe("https", other.getAddress(), ca))
                    .isEqualTo(ProbeResult.OTHER_HOST_NAME);
        } finally {
            own.stop(0);
            other.stop(0);
        }
    }

    @Test
    void aServerWithoutHttpIsReported() throws Exception {
        try (var other =
                new ServerSocket(
                        0,
                        1,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0).getAddress())) {
            var _ =
                    Thread.ofVirtual()
                            .start(() -> {
                                while (!other.isClosed()) {
                                    try (var socket = other.accept()) {
                                        socket.getOutputStream()
                                                .write(
                                                        "+PONG\r\n\r\n"
                                                                .getBytes(
                                                                        StandardCharsets.US_ASCII));
                                    } catch (IOException e) {
                                        return;
                                    }
                                }
                            });
            assertThat(
                            probe(
                                    "http",
                                    new InetSocketAddress(
                                            InetAddress.getLoopbackAddress(), other.getLocalPort()),
                                    Optional.empty()))
                    .isIn(ProbeResult.NO_HTTP, ProbeResult.UNREACHABLE);
        }
    }
}
