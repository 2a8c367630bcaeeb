package io.lockstep.server;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A self-signed certificate for loopback with its key. Each test creates one, so that the
/// repository contains no key.
record TestCertificate(Path certificate, Path key) {
    /// Writes `name.crt` and `name.key`.
    static TestCertificate write(Path folder, String name, String subject) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return write(folder, name, subject, generator.generateKeyPair(), "SHA256withECDSA");
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /// Writes `name.crt` and `name.key` of a key type with which BoringSSL completes no handshake.
    static TestCertificate writeEd25519(Path folder, String name, String subject) {
        try {
            var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            return write(folder, name, subject, pair, "Ed25519");
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static TestCertificate write(
            Path folder, String name, String subject, KeyPair pair, String algorithm) {
        try {
            var now = Instant.now();
            var principal = new X500Principal("CN=" + subject);
            var builder =
                    new JcaX509v3CertificateBuilder(
                                    principal,
                                    BigInteger.valueOf(now.toEpochMilli()),
                                    Date.from(now.minus(Duration.ofDays(1))),
                                    Date.from(now.plus(Duration.ofDays(1))),
                                    principal,
                                    pair.getPublic())
                            .addExtension(
                                    Extension.subjectAlternativeName,
                                    false,
                                    new GeneralNames(
                                            new GeneralName(GeneralName.iPAddress, "127.0.0.1")));
            X509Certificate made =
                    new JcaX509CertificateConverter()
                            .getCertificate(
                                    builder.build(
                                            new JcaContentSignerBuilder(algorithm)
                                                    .build(pair.getPrivate())));
            return new TestCertificate(
                    pem(folder.resolve(name + ".crt"), "CERTIFICATE", made.getEncoded()),
                    pem(
                            folder.resolve(name + ".key"),
                            "PRIVATE KEY",
                            pair.getPrivate().getEncoded()));
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Path pem(Path file, String label, byte[] der) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(
                file, "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n");
    }
}
