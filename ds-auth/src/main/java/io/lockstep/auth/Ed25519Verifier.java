package io.lockstep.auth;

import com.nimbusds.jose.jwk.OctetKeyPair;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;

/// Verifies EdDSA over Ed25519 (RFC 8037) with the JDK. The verifier of the JOSE library requires
/// another crypto library.
final class Ed25519Verifier {
    /// SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 §4).
    private static final byte[] SPKI = HexFormat.of().parseHex("302a300506032b6570032100");

    private static final int KEY_BYTES = 32;

    private Ed25519Verifier() {}

    static boolean verify(OctetKeyPair key, byte[] signed, byte[] signature)
            throws GeneralSecurityException {
        var x = key.getX().decode();
        if (x.length != KEY_BYTES) {
            return false;
        }
        var encoded = new byte[SPKI.length + KEY_BYTES];
        System.arraycopy(SPKI, 0, encoded, 0, SPKI.length);
        System.arraycopy(x, 0, encoded, SPKI.length, KEY_BYTES);
        var verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(
                KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded)));
        verifier.update(signed);
        return verifier.verify(signature);
    }
}
