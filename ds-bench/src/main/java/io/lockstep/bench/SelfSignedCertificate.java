package io.lockstep.bench;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// A self-signed certificate that is valid for a day, and its key, for servers that a run starts.
/// It uses P-256, as most servers do.
record SelfSignedCertificate(Path certificate, Path key) {
    private static final Duration VALID = Duration.ofDays(1);

    /// Writes `tls.crt` and `tls.key`.
    static SelfSignedCertificate write(Path folder) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            var pair = generator.generateKeyPair();
            var now = Instant.now();
            var name = new X500Principal("CN=localhost");
            var made =
                    new JcaX509v3CertificateBuilder(
                                    name,
                                    BigInteger.valueOf(now.toEpochMilli()),
                                    Date.from(now.minus(VALID)),
                                    Date.from(now.plus(VALID)),
                                    name,
                                    pair.getPublic())
                            .addExtension(
                                    Extension.subjectAlternativeName,
                                    false,
                                    new GeneralNames(
                                            new GeneralName(GeneralName.iPAddress, "127.0.0.1")))
                            .build(
                                    new JcaContentSignerBuilder("SHA256withECDSA")
                                            .build(pair.getPrivate()));
            var encoded = new JcaX509CertificateConverter().getCertificate(made).getEncoded();
            return new SelfSignedCertificate(
                    pem(folder.resolve("tls.crt"), "CERTIFICATE", encoded),
                    pem(folder.resolve("tls.key"), "PRIVATE KEY", pair.getPrivate().getEncoded()));
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new BenchException("the certificate cannot be created", e);
        }
    }

    /// Returns the options of a server that uses it.
    List<String> settings() {
        return List.of("--set", "tls.certificate=" + certificate, "--set", "tls.key=" + key);
    }

    private static Path pem(Path file, String label, byte[] der) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(
                file, "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n");
    }
}
