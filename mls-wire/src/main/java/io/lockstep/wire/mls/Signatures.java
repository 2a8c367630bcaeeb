package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/// The signatures of RFC 9420's cipher suites (§5.1.1, §17.1), checked with the platform's own
/// cryptography.
///
/// | Suites | Scheme | Public key |
/// |---|---|---|
/// | 1, 3 | Ed25519 | 32 bytes |
/// | 2 | ECDSA P-256, SHA-256 | 65 bytes, uncompressed point |
/// | 4, 6 | Ed448 | 57 bytes |
/// | 5 | ECDSA P-521, SHA-512 | 133 bytes, uncompressed point |
/// | 7 | ECDSA P-384, SHA-384 | 97 bytes, uncompressed point |
///
/// A check costs tens to hundreds of microseconds of computing and waits for nothing: keep it off the
/// event loops.
public final class Signatures {
    /// What a check needs to know of a scheme. `keyPrefix` is the DER of a SubjectPublicKeyInfo up to the
    /// key's own bytes.
    private enum Scheme {
        ED25519("Ed25519", "Ed25519", "302a300506032b6570032100", 32),
        ED448("Ed448", "Ed448", "3043300506032b6571033a00", 57),
        P256("EC", "SHA256withECDSA", "3059301306072a8648ce3d020106082a8648ce3d030107034200", 65),
        P384("EC", "SHA384withECDSA", "3076301006072a8648ce3d020106052b81040022036200", 97),
        P521("EC", "SHA512withECDSA", "30819b301006072a8648ce3d020106052b8104002303818600", 133);

        private final String keyAlgorithm;
        private final String algorithm;
        private final String keyPrefix;
        private final int keySize;

        Scheme(String keyAlgorithm, String algorithm, String keyPrefix, int keySize) {
            this.keyAlgorithm = keyAlgorithm;
            this.algorithm = algorithm;
            this.keyPrefix = keyPrefix;
            this.keySize = keySize;
        }

        static Scheme of(int suite) {
            return switch (suite) {
                case 1, 3 -> ED25519;
                case 2 -> P256;
                case 4, 6 -> ED448;
                case 5 -> P521;
                case 7 -> P384;
                default ->
                        throw new IllegalArgumentException(
                                "cipher suite " + suite + " is not one of RFC 9420");
            };
        }
    }

    private Signatures() {}

    /// Bytes of a public signature key of the suite.
    ///
    /// @throws IllegalArgumentException if the suite is not [known][CipherSuites#isKnown]
    public static int publicKeySize(int suite) {
        return Scheme.of(suite).keySize;
    }

    /// `VerifyWithLabel` (RFC 9420 §5.1.2). Whatever the bytes are, the answer is a boolean: a key of the
    /// wrong length or off its curve verifies nothing, a signature that is not one does not hold, and
    /// nothing holds under a suite that is not [known][CipherSuites#isKnown].
    ///
    /// @param label without `MLS 1.0 `, such as `KeyPackageTBS`
    /// @param content what was signed, before the label was put around it
    public static boolean verifyWithLabel(
            int suite, Bytes publicKey, String label, Bytes content, Bytes signature) {
        if (!CipherSuites.isKnown(suite)) {
            return false;
        }
        var scheme = Scheme.of(suite);
        if (publicKey.size() != scheme.keySize) {
            return false;
        }
        try {
            var verifier = Signature.getInstance(scheme.algorithm);
            var prefix = HexFormat.of().parseHex(scheme.keyPrefix);
            var encoded = Unpooled.buffer(prefix.length + scheme.keySize);
            encoded.writeBytes(prefix);
            publicKey.writeTo(encoded);
            verifier.initVerify(
                    KeyFactory.getInstance(scheme.keyAlgorithm)
                            .generatePublic(new X509EncodedKeySpec(encoded.array())));
            verifier.update(signContent(label, content));
            return verifier.verify(signature.toArray());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /// `SignContent` (§5.1.2): what the signature is made over.
    ///
    /// ```
    /// opaque label<V> = "MLS 1.0 " ‖ label, opaque content<V>
    /// ```
    public static byte[] signContent(String label, Bytes content) {
        var full = Bytes.wrap(("MLS 1.0 " + label).getBytes(StandardCharsets.US_ASCII));
        int size =
                TlsWriter.lengthSize(full.size())
                        + full.size()
                        + TlsWriter.lengthSize(content.size())
                        + content.size();
        var out = Unpooled.buffer(size, size);
        TlsWriter.writeOpaque(out, full);
        TlsWriter.writeOpaque(out, content);
        return out.array();
    }
}
