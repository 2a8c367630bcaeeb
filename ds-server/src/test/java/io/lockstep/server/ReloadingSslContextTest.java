package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReloadingSslContextTest {
    @TempDir private Path folder;

    private Instant now = Instant.parse("2026-11-23T12:00:00Z");

    private void install(String subject, int generation) throws IOException {
        var written = TestCertificate.write(folder, "server", subject);
        for (var file : List.of(written.certificate(), written.key())) {
            Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000L * generation));
        }
    }

    /// When the next look is due.
    private void later() {
        now = now.plusSeconds(11);
    }

    private ReloadingSslContext open(TlsEngine engine) {
        return ReloadingSslContext.of(
                folder.resolve("server.crt"), folder.resolve("server.key"), engine, () -> now);
    }

    @Test
    void boringSslIsThereOnTheMachinesThatItIsShippedFor() {
        assumeThat(System.getProperty("os.name") + System.getProperty("os.arch"))
                .isEqualTo("Linuxamd64");

        assertThat(TlsEngine.best()).isEqualTo(TlsEngine.BORINGSSL);
    }

    @ParameterizedTest
    @EnumSource
    void aChangedCertificateIsServedAfterTheNextLook(TlsEngine engine) throws Exception {
        assumeThat(engine == TlsEngine.JDK || OpenSsl.isAvailable()).isTrue();
        install("first.test", 1);
        var context = open(engine);
        assertThat(servedBy(context)).isEqualTo("CN=first.test");

        install("second.test", 2);
        assertThat(servedBy(context)).as("too early to look").isEqualTo("CN=first.test");
        later();
        assertThat(servedBy(context)).isEqualTo("CN=second.test");
    }

    @ParameterizedTest
    @EnumSource
    void aChangeThatCannotBeReadLeavesTheFormerCertificate(TlsEngine engine) throws Exception {
        assumeThat(engine == TlsEngine.JDK || OpenSsl.isAvailable()).isTrue();
        install("first.test", 1);
        var context = open(engine);
        Files.writeString(folder.resolve("server.crt"), "half a certifi");
        later();

        assertThat(servedBy(context)).isEqualTo("CN=first.test");
    }

    /// Shakes hands in memory; who the server says it is.
    private static String servedBy(SslContext server) throws SSLException {
        var client =
                SslContextBuilder.forClient()
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .endpointIdentificationAlgorithm(null)
                        .build();
        var serverEngine = server.newEngine(UnpooledByteBufAllocator.DEFAULT);
        var clientEngine = client.newEngine(UnpooledByteBufAllocator.DEFAULT);
        shakeHands(clientEngine, serverEngine);
        return ((X509Certificate) clientEngine.getSession().getPeerCertificates()[0])
                .getSubjectX500Principal()
                .getName();
    }

    private static void shakeHands(SSLEngine client, SSLEngine server) throws SSLException {
        var toServer = ByteBuffer.allocate(1 << 16);
        var toClient = ByteBuffer.allocate(1 << 16);
        client.beginHandshake();
        server.beginHandshake();
        for (int round = 0; round < 100; round++) {
            step(client, toClient, toServer);
            step(server, toServer, toClient);
            if (client.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                    && server.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING) {
                return;
            }
        }
        throw new AssertionError("the handshake does not end");
    }

    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        var plain = ByteBuffer.allocate(1 << 16);
        SSLEngineResult result;
        do {
            runTasks(engine);
            result = engine.wrap(ByteBuffer.allocate(0), out);
        } while (result.bytesProduced() > 0);
        in.flip();
        do {
            result = engine.unwrap(in, plain);
            runTasks(engine);
        } while (result.bytesConsumed() > 0 && in.hasRemaining());
        in.compact();
    }

    private static void runTasks(SSLEngine engine) {
        for (var task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }
}
