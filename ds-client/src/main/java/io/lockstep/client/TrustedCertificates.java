package io.lockstep.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.TrustManagerFactory;

/// Reads the trusted authorities from a PEM file, in place of those of the Java platform.
/// Stateless.
final class TrustedCertificates {
    private TrustedCertificates() {}

    /// @throws IllegalArgumentException when the file contains no certificate
    static TrustManagerFactory of(Path pem) {
        try (var in = Files.newInputStream(pem)) {
            var certificates = CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw new IllegalArgumentException(pem + " holds no certificate");
            }
            var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (var certificate : certificates) {
                trusted.setCertificateEntry("ca-" + number++, certificate);
            }
            var managers =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(trusted);
            return managers;
        } catch (IOException e) {
            throw new IllegalArgumentException(pem + " cannot be read: " + e, e);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(pem + " is not a PEM file of certificates", e);
        }
    }
}
