package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.redis.EmbeddedRedis;
import io.lockstep.redis.RedisSettings;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Redis over TLS. A proxy in front of Redis ends TLS, as managed services do.
class RedisTlsIT {
    private static final DeploymentKeys KEYS =
            DeploymentKeys.of(DeploymentKey.of(Bytes.ofHex("5a".repeat(DeploymentKey.BYTES))));
    private static final RedisSettings SETTINGS =
            RedisSettings.DEFAULT.withConnectTimeout(Duration.ofSeconds(3));

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final EmbeddedRedis redis;
    private final TestCertificate certificate;
    private final ServerSocket listening;

    RedisTlsIT(@TempDir Path folder) throws Exception {
        redis = EmbeddedRedis.start(folder.resolve("redis"), 0);
        certificate = TestCertificate.write(folder, "tls", "redis.test");
        var context =
                (JdkSslContext)
                        SslContextBuilder.forServer(
                                        certificate.certificate().toFile(),
                                        certificate.key().toFile())
                                .sslProvider(SslProvider.JDK)
                                .build();
        listening =
                context.context()
                        .getServerSocketFactory()
                        .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    @AfterEach
    void close() throws IOException {
        listening.close();
        threads.shutdownNow();
        redis.close();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                var client = listening.accept();
                var behind = new Socket(InetAddress.getLoopbackAddress(), redis.port());
                threads.execute(() -> copy(client, behind));
                threads.execute(() -> copy(behind, client));
            } catch (IOException e) {
                // A failed handshake is the client's failure; closing the listener ends the loop.
            }
        }
    }

    private static void copy(Socket from, Socket to) {
        try (InputStream input = from.getInputStream();
                OutputStream output = to.getOutputStream()) {
            input.transferTo(output);
        } catch (IOException e) {
            // One side ended.
        }
    }

    private RedisStore connect(String scheme, RedisSettings settings) {
        var uri =
                URI.create(
                        scheme
                                + "://:"
                                + redis.password()
                                + "@127.0.0.1:"
                                + listening.getLocalPort());
        return RedisStore.connect(
                uri, settings, KEYS, InstantSource.system(), new SimpleMeterRegistry());
    }

    @Test
    void onlyTheConfiguredCertificateAuthorityIsTrusted() {
        var trusting = SETTINGS.withCertificateAuthority(Optional.of(certificate.certificate()));
        try (var store = connect("rediss", trusting)) {
            assertThat(store.reachable()).isTrue();
        }
        assertThatThrownBy(() -> connect("rediss", SETTINGS).close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("TLS handshake failed")
                .hasMessageContaining("redis.certificate-authority");
    }

    @Test
    void plainTextToARedisWithTlsIsReported() {
        assertThatThrownBy(() -> connect("redis", SETTINGS).close())
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("rediss://")
                .hasMessageNotContaining(redis.password());
    }
}
