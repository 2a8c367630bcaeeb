package io.lockstep.crypto;

import io.lockstep.wire.Bytes;

/// Checks public keys of RFC 9420's KEMs (§5.1.1, RFC 9180 §7.1): X25519 32 bytes, X448 56, and
/// uncompressed points of P-256 65, P-384 97 and P-521 133.
public final class HpkeKeys {
    private HpkeKeys() {}

    /// Whether the bytes are a public key of the suite's KEM: of the right length and, for the NIST
    /// curves, a point on the curve.
    ///
    /// @return false too if the suite is not [known][CipherSuites#isKnown]
    public static boolean isPublicKey(int suite, Bytes key) {
        return switch (suite) {
            case 1, 3 -> key.size() == 32;
            case 4, 6 -> key.size() == 56;
            case 2, 5, 7 -> NistCurve.of(suite).decode(key).isPresent();
            default -> false;
        };
    }
}
