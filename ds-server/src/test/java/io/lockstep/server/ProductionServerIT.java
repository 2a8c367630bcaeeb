package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.lockstep.redis.EmbeddedRedis;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProductionServerIT {
    private final Path folder;
    private final EmbeddedRedis redis;
    private final Map<String, String> good = new HashMap<>();

    ProductionServerIT(@TempDir Path folder) throws Exception {
        this.folder = folder;
        redis = EmbeddedRedis.start(folder.resolve("redis"), 0);
        var keys = new JWKSet(new ECKeyGenerator(Curve.P_256).keyID("1").generate());
        Files.writeString(folder.resolve("jwks.json"), keys.toString());
        Files.writeString(folder.resolve("deployment.key"), "5a".repeat(32) + "\n");
        var tls = TestCertificate.write(folder, "tls", "serve.test");
        good.put("listen.address", "127.0.0.1");
        good.put("listen.port", "0");
        good.put("operations.port", "0");
        good.put("auth.mode", "jwt");
        good.put("auth.jwt.keys", folder.resolve("jwks.json").toString());
        good.put("auth.jwt.issuer", "https://issuer.test/");
        good.put("auth.jwt.audience", "lockstep");
        good.put("tls.certificate", tls.certificate().toString());
        good.put("tls.key", tls.key().toString());
        good.put("deployment-key-file", folder.resolve("deployment.key").toString());
        good.put("redis.uri", redis.uri());
    }

    @AfterEach
    void stopRedis() {
        redis.close();
    }

    private void sendToRedis(String command) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), redis.port())) {
            var commands = "AUTH " + redis.password() + "\r\n" + command + "\r\n";
            socket.getOutputStream().write(commands.getBytes(StandardCharsets.US_ASCII));
            var answers = socket.getInputStream().readNBytes(10);
            assertThat(new String(answers, StandardCharsets.US_ASCII)).isEqualTo("+OK\r\n+OK\r\n");
        }
    }

    private ProductionServer start(Map<String, String> changes) {
        var texts = new HashMap<>(good);
        texts.putAll(changes);
        return ProductionServer.start(StartupChecksTest.settings(texts));
    }

    @Test
    void itServesOverTlsAndRefusesDevelopmentTokens() throws Exception {
        try (var server = start(Map.of())) {
            assertThat(server.addresses().clients().tls()).isTrue();
            assertThat(overTls(server, "/readyz", "")).startsWith("HTTP/1.1 200");
            assertThat(
                            overTls(
                                    server,
                                    "/v1/key-packages",
                                    "Authorization: Bearer dev:bob/phone\r\n"))
                    .startsWith("HTTP/1.1 401");
            assertThat(String.join("\n", server.banner())).contains("wss", "appendfsync always");
        }
    }

    /// Sends a bare request: the test's certificate names no host.
    private static String overTls(ProductionServer server, String path, String header)
            throws Exception {
        return overTls(server.addresses().clients().socket(), path, header);
    }

    static String overTls(InetSocketAddress address, String path, String header) throws Exception {
        var context = SSLContext.getInstance("TLS");
        TrustManager[] trusting = InsecureTrustManagerFactory.INSTANCE.getTrustManagers();
        context.init(null, trusting, null);
        try (var socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket(address.getAddress(), address.getPort())) {
            var request =
                    "GET "
                            + path
                            + " HTTP/1.1\r\nHost: localhost\r\n"
                            + header
                            + "Connection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aRedisThatIsNotDurableOrEvictsIsRefusedForBothReasonsAtOnce() throws Exception {
        sendToRedis("CONFIG SET appendfsync everysec");
        sendToRedis("CONFIG SET maxmemory-policy allkeys-lru");

        assertThatThrownBy(() -> start(Map.of()).close())
                .isInstanceOfSatisfying(
                        StartupException.class,
                        refused ->
                                assertThat(refused.reasons())
                                        .satisfiesExactlyInAnyOrder(
                                                reason ->
                                                        assertThat(reason)
                                                                .contains(
                                                                        "appendfsync is everysec"),
                                                reason ->
                                                        assertThat(reason)
                                                                .contains(
                                                                        "maxmemory-policy is"
                                                                                + " allkeys-lru")));
    }

    @Test
    void aWeakRedisIsUsedIfItsWeaknessIsAcceptedByNameAndTheBannerWarns() throws Exception {
        sendToRedis("CONFIG SET appendfsync everysec");

        try (var server = start(Map.of("durability.weaker-accepted", "appendfsync"))) {
            assertThat(String.join("\n", server.banner()))
                    .contains("WEAK: appendfsync is everysec");
        }
    }

    @Test
    void everyOtherReasonIsReportedTogetherWithThoseOfRedis() throws Exception {
        sendToRedis("CONFIG SET appendfsync everysec");

        assertThatThrownBy(() ->
                        start(
                                        Map.of(
                                                "auth.mode",
                                                "dev",
                                                "tls.certificate",
                                                folder.resolve("none").toString(),
                                                "durability.weaker-accepted",
                                                "everything"))
                                .close())
                .isInstanceOfSatisfying(
                        StartupException.class,
                        refused ->
                                assertThat(refused.reasons())
                                        .anyMatch(r -> r.contains("auth.mode dev"))
                                        .anyMatch(r -> r.contains("tls.certificate"))
                                        .anyMatch(r -> r.contains("\"everything\" is none of"))
                                        .anyMatch(r -> r.contains("appendfsync is everysec"))
                                        .hasSize(4));
    }

    @Test
    void anotherDeploymentsKeyIsRefused() throws Exception {
        try (var server = start(Map.of())) {
            assertThat(server.addresses().clients().tls()).isTrue();
        }
        var other = Files.writeString(folder.resolve("other.key"), "a5".repeat(32));
        assertThatThrownBy(() -> start(Map.of("deployment-key-file", other.toString())).close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("another deployment key");
    }
}
