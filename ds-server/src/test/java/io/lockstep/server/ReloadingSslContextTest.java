package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReloadingSslContextTest {
    @TempDir private Path folder;

    private final Instant now = Instant.parse("2026-11-23T12:00:00Z");
    private long nanos = Long.MAX_VALUE - 1;

    private void install(String subject, int generation) throws IOException {
        var written = TestCertificate.write(folder, "server", subject);
        for (var file : List.of(written.certificate(), written.key())) {
            Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000L * generation));
        }
    }

    /// Advances the clock to the next check.
    private void later() {
        nanos += Duration.ofSeconds(11).toNanos();
    }

    private ReloadingSslContext open(TlsEngine engine) {
        return ReloadingSslContext.of(
                folder.resolve("server.crt"),
                folder.resolve("server.key"),
                engine,
                () -> now,
                () -> nanos);
    }

    @Test
    void boringSslIsAvailableOnThePlatformsOfTheDistribution() {
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
        assertThat(servedBy(context)).as("too early to check").isEqualTo("CN=first.test");
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

    /// The server started, reported ready, and failed each handshake with an alert.
    @Test
    void aCertificateWithWhichNoHandshakeSucceedsIsRefusedAtStartWithTheReason() {
        assumeThat(OpenSsl.isAvailable()).isTrue();
        TestCertificate.writeEd25519(folder, "server", "ed25519.test");

        assertThatThrownBy(() -> open(TlsEngine.BORINGSSL))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("no TLS handshake succeeds with it by BoringSSL")
                .hasMessageContaining("ECDSA P-256");
    }

    @Test
    void aReloadKeepsTheFormerCertificateIfNoHandshakeSucceedsWithTheNewOne() throws Exception {
        assumeThat(OpenSsl.isAvailable()).isTrue();
        install("first.test", 1);
        var context = open(TlsEngine.BORINGSSL);
        TestCertificate.writeEd25519(folder, "server", "ed25519.test");
        later();
        assertThat(servedBy(context)).isEqualTo("CN=first.test");
        context.reload();
        assertThat(servedBy(context)).isEqualTo("CN=first.test");
    }

    @Test
    void anExplicitReloadIgnoresModificationTimes() throws Exception {
        install("first.test", 1);
        var context = open(TlsEngine.JDK);
        install("second.test", 1);
        context.reload();
        assertThat(servedBy(context)).isEqualTo("CN=second.test");
    }

    @Test
    void operatorsAreWarnedBeforeACertificateExpires() {
        var from = Instant.parse("2026-01-01T00:00:00Z");
        var validity = new CertificateValidity(from, from.plus(Duration.ofDays(90)));
        assertThat(validity.warning(from.plus(Duration.ofDays(70)))).isEmpty();
        assertThat(validity.warning(from.plus(Duration.ofDays(77))))
                .hasValueSatisfying(text -> assertThat(text).contains("days left: 13"));
        assertThat(validity.warning(from.plus(Duration.ofDays(90))))
                .hasValueSatisfying(text -> assertThat(text).contains("expired at"));
        assertThat(validity.warning(from.minusSeconds(1)))
                .hasValueSatisfying(text -> assertThat(text).contains("not valid before"));
    }

    /// The subject of the certificate that the server presents.
    private static String servedBy(SslContext server) throws SSLException {
        return TrialHandshake.run(server).getSubjectX500Principal().getName();
    }
}
