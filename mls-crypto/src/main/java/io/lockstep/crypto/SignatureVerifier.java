package io.lockstep.crypto;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.CipherSuites;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;
import org.bouncycastle.math.ec.rfc8032.Ed448;

/// Verifies signatures of RFC 9420's cipher suites (§5.1.1, §17.1).
///
/// | Suites | Scheme | Public key |
/// |---|---|---|
/// | 1, 3 | Ed25519 | 32 bytes |
/// | 2 | ECDSA P-256, SHA-256 | 65 bytes, uncompressed point |
/// | 4, 6 | Ed448 | 57 bytes |
/// | 5 | ECDSA P-521, SHA-512 | 133 bytes, uncompressed point |
/// | 7 | ECDSA P-384, SHA-384 | 97 bytes, uncompressed point |
///
/// A check takes tens to hundreds of microseconds of CPU and never blocks. It must not run on event
/// loops.
public final class SignatureVerifier {
    private static final byte[] NO_CONTEXT = {};

    private SignatureVerifier() {}

    /// The size of a public signature key of the suite, in bytes.
    ///
    /// @throws IllegalArgumentException if the suite is not [known][CipherSuites#isKnown]
    public static int publicKeySize(int suite) {
        return switch (suite) {
            case 1, 3 -> Ed25519.PUBLIC_KEY_SIZE;
            case 4, 6 -> Ed448.PUBLIC_KEY_SIZE;
            default -> NistCurve.of(suite).pointSize();
        };
    }

    /// `VerifyWithLabel` (RFC 9420 §5.1.2). It returns false for any invalid input: a key of the
    /// wrong length or off its curve, bytes that are not a signature, a suite that is not
    /// [known][CipherSuites#isKnown].
    ///
    /// @param label without `MLS 1.0 `, such as `KeyPackageTBS`
    /// @param content the signed content, without the label
    public static boolean verifyWithLabel(
            int suite, Bytes publicKey, String label, Bytes content, Bytes signature) {
        if (!CipherSuites.isKnown(suite) || publicKey.size() != publicKeySize(suite)) {
            return false;
        }
        var signed = signContent(label, content);
        return switch (suite) {
            case 1, 3 -> ed25519(publicKey, signed, signature);
            case 4, 6 -> ed448(publicKey, signed, signature);
            default -> ecdsa(suite, publicKey, signed, signature);
        };
    }

    private static boolean ed25519(Bytes publicKey, byte[] signed, Bytes signature) {
        return signature.size() == Ed25519.SIGNATURE_SIZE
                && Ed25519.verify(
                        signature.toArray(), 0, publicKey.toArray(), 0, signed, 0, signed.length);
    }

    private static boolean ed448(Bytes publicKey, byte[] signed, Bytes signature) {
        return signature.size() == Ed448.SIGNATURE_SIZE
                && Ed448.verify(
                        signature.toArray(),
                        0,
                        publicKey.toArray(),
                        0,
                        NO_CONTEXT,
                        signed,
                        0,
                        signed.length);
    }

    /// The signature is the DER of an ECDSA-Sig-Value (§5.1.2).
    private static boolean ecdsa(int suite, Bytes publicKey, byte[] signed, Bytes signature) {
        var curve = NistCurve.of(suite);
        var point = curve.decode(publicKey);
        var read = EcdsaSignature.read(signature);
        if (point.isEmpty() || read.isEmpty()) {
            return false;
        }
        var verifier = new ECDSASigner();
        verifier.init(false, new ECPublicKeyParameters(point.get(), curve.domain()));
        return verifier.verifySignature(
                CipherSuites.newDigest(suite).digest(signed), read.get().r(), read.get().s());
    }

    /// `SignContent` (§5.1.2): the bytes that the signature covers.
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
