package io.lockstep.server;

import io.lockstep.runtime.MonotonicClock;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSessionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A server's TLS context from two PEM files, which it reloads when they change. A connection keeps
/// the certificate of its handshake. If the changed files cannot be read, or no handshake succeeds
/// with them, an error is logged and the former certificate stays.
///
/// Threads: *thread-safe*. One thread checks the files; the others meanwhile use the loaded
/// context.
final class ReloadingSslContext extends SslContext {
    private static final Logger LOG = LoggerFactory.getLogger(ReloadingSslContext.class);
    private static final Duration CHECK_EVERY = Duration.ofSeconds(10);
    private static final Duration WARN_EVERY = Duration.ofDays(1);

    /// Size of the buffer for data that BoringSSL writes while it reads (an alert, a ticket), until
    /// it is fetched. Data that does not fit is written at that time. Each connection holds this
    /// buffer as long as it lives. Netty's default is 2,048.
    private static final int UNASKED_BYTES = 256;

    private final Path certificate;
    private final Path key;
    private final TlsEngine engine;
    private final InstantSource clock;
    private final MonotonicClock monotonic;
    private final ReentrantLock checking = new ReentrantLock();
    private volatile LoadedFiles loaded;
    private volatile long checkedNanos;

    /// The modification times of files that failed to load: these are neither loaded nor logged
    /// again.
    private volatile Optional<Times> refused = Optional.empty();

    /// The time of the last warning about expiry; empty: no warning yet.
    private volatile OptionalLong warnedNanos = OptionalLong.empty();

    private record Times(FileTime certificate, FileTime key) {}

    private record LoadedFiles(SslContext context, Times times, CertificateValidity validity) {}

    private ReloadingSslContext(
            Path certificate,
            Path key,
            TlsEngine engine,
            InstantSource clock,
            MonotonicClock monotonic,
            LoadedFiles first) {
        this.certificate = certificate;
        this.key = key;
        this.engine = engine;
        this.clock = clock;
        this.monotonic = monotonic;
        this.loaded = first;
        this.checkedNanos = monotonic.nanos();
    }

    /// @throws StartupException if the files are not a certificate and its key
    static ReloadingSslContext of(Path certificate, Path key, InstantSource clock) {
        return of(certificate, key, TlsEngine.best(), clock, MonotonicClock.SYSTEM);
    }

    /// @param clock decides whether the certificate is valid
    /// @param monotonic decides when to check the files, and to warn, again
    static ReloadingSslContext of(
            Path certificate,
            Path key,
            TlsEngine engine,
            InstantSource clock,
            MonotonicClock monotonic) {
        try {
            var first = load(certificate, key, engine);
            LOG.info("TLS by {}", engine.text);
            var context =
                    new ReloadingSslContext(certificate, key, engine, clock, monotonic, first);
            context.warnOfExpiry();
            return context;
        } catch (SSLException e) {
            throw new StartupException(
                    "tls.certificate "
                            + certificate
                            + ": no TLS handshake succeeds with it by "
                            + engine.text
                            + ": "
                            + e.getMessage()
                            + "; use a certificate with an ECDSA P-256 or an RSA key",
                    e);
        } catch (IOException | IllegalArgumentException e) {
            throw new StartupException(
                    "tls.certificate "
                            + certificate
                            + " and tls.key "
                            + key
                            + " are not a certificate and its private key in PEM: "
                            + e.getMessage(),
                    e);
        }
    }

    private static Times times(Path certificate, Path key) throws IOException {
        return new Times(Files.getLastModifiedTime(certificate), Files.getLastModifiedTime(key));
    }

    /// @throws SSLException if no handshake succeeds with them
    /// @throws IOException if they are not a certificate and its key
    private static LoadedFiles load(Path certificate, Path key, TlsEngine engine)
            throws IOException {
        var times = times(certificate, key);
        try (var certificateBytes = Files.newInputStream(certificate);
                var keyBytes = Files.newInputStream(key)) {
            var chain = toX509Certificates(certificateBytes);
            var certified = chain[0].getPublicKey();
            var privateKey = plain(toPrivateKey(keyBytes, null), certified.getAlgorithm());
            checkMatch(certified, privateKey);
            var context =
                    SslContextBuilder.forServer(privateKey, chain)
                            .sslProvider(engine.provider)
                            .protocols("TLSv1.3", "TLSv1.2")
                            .build();
            if (context instanceof ReferenceCountedOpenSslContext boring) {
                boring.setBioNonApplicationBufferSize(UNASKED_BYTES);
            }
            TrialHandshake.run(context);
            return new LoadedFiles(context, times, CertificateValidity.of(chain[0]));
        } catch (GeneralSecurityException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /// If Bouncy Castle is on the class path, Netty creates a key of its type. The JDK's signatures
    /// refuse that type.
    private static PrivateKey plain(PrivateKey key, String algorithm)
            throws GeneralSecurityException {
        return KeyFactory.getInstance(algorithm)
                .generatePrivate(new PKCS8EncodedKeySpec(key.getEncoded()));
    }

    /// Netty accepts any pair; clients would not.
    private static void checkMatch(PublicKey certified, PrivateKey key)
            throws GeneralSecurityException {
        var algorithm =
                switch (certified.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> "EdDSA";
                };
        var challenge = new byte[32];
        var signer = Signature.getInstance(algorithm);
        signer.initSign(key);
        signer.update(challenge);
        var signature = signer.sign();
        var verifier = Signature.getInstance(algorithm);
        verifier.initVerify(certified);
        verifier.update(challenge);
        if (!verifier.verify(signature)) {
            throw new GeneralSecurityException("the key is not the certificate's");
        }
    }

    private SslContext current() {
        if (monotonic.nanos() - checkedNanos > CHECK_EVERY.toNanos() && checking.tryLock()) {
            try {
                checkedNanos = monotonic.nanos();
                check();
            } finally {
                checking.unlock();
            }
        }
        return loaded.context();
    }

    private void check() {
        warnOfExpiry();
        try {
            var now = times(certificate, key);
            if (!now.equals(loaded.times()) && !Optional.of(now).equals(refused)) {
                loadChanged(now);
            }
        } catch (IOException e) {
            LOG.warn("the TLS certificate cannot be checked for changes: {}", e.toString());
        }
    }

    /// Loads the files now, changed or not.
    void reload() {
        checking.lock();
        try {
            loadChanged(times(certificate, key));
        } catch (IOException e) {
            LOG.warn("the TLS certificate cannot be checked for changes: {}", e.toString());
        } finally {
            checking.unlock();
        }
    }

    private void loadChanged(Times now) {
        try {
            loaded = load(certificate, key, engine);
            refused = Optional.empty();
            warnedNanos = OptionalLong.empty();
            LOG.info("the TLS certificate was reloaded");
            warnOfExpiry();
        } catch (SSLException e) {
            refused = Optional.of(now);
            LOG.error(
                    "no TLS handshake succeeds with the changed certificate, the former one stays:"
                            + " {}",
                    e.getMessage());
        } catch (IOException | IllegalArgumentException e) {
            refused = Optional.of(now);
            LOG.warn(
                    "the changed TLS certificate cannot be read, the former one stays: {}",
                    e.getMessage());
        }
    }

    private void warnOfExpiry() {
        long now = monotonic.nanos();
        if (warnedNanos.isEmpty() || now - warnedNanos.getAsLong() >= WARN_EVERY.toNanos()) {
            warnedNanos = OptionalLong.of(now);
            loaded.validity().warning(clock.instant()).ifPresent(LOG::warn);
        }
    }

    /// Seconds until the certificate expires; negative after that.
    double secondsLeft() {
        return loaded.validity().left(clock.instant()).toSeconds();
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator) {
        return current().newEngine(allocator);
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator, String peerHost, int peerPort) {
        return current().newEngine(allocator, peerHost, peerPort);
    }

    @Override
    public boolean isClient() {
        return false;
    }

    @Override
    public List<String> cipherSuites() {
        return loaded.context().cipherSuites();
    }

    /// Deprecated in Netty together with its type, but still abstract.
    @Override
    @SuppressWarnings("deprecation")
    public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
        return loaded.context().applicationProtocolNegotiator();
    }

    @Override
    public SSLSessionContext sessionContext() {
        return loaded.context().sessionContext();
    }
}
