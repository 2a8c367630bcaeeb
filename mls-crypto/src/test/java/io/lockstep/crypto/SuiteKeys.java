package io.lockstep.crypto;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MlsBytes;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Keys of the kinds that cipher suites use, created with the JDK's cryptography: an implementation
/// independent of the one that checks them.
public final class SuiteKeys {
    private static final Map<Integer, KeyPair> SIGNERS = new ConcurrentHashMap<>();

    private SuiteKeys() {}

    /// One signature key for each suite. Created once, because some take long.
    public static KeyPair signer(int suite) {
        return SIGNERS.computeIfAbsent(suite, SuiteKeys::newSigner);
    }

    public static KeyPair newSigner(int suite) {
        return switch (suite) {
            case 4, 6 -> pair("Ed448", "");
            case 2 -> pair("EC", "secp256r1");
            case 5 -> pair("EC", "secp521r1");
            case 7 -> pair("EC", "secp384r1");
            default -> pair("Ed25519", "");
        };
    }

    public static Bytes signatureKey(int suite, KeyPair signer) {
        return last(signer, signatureKeySize(suite));
    }

    public static int signatureKeySize(int suite) {
        return switch (suite) {
            case 4, 6 -> 57;
            case 2 -> 65;
            case 5 -> 133;
            case 7 -> 97;
            default -> 32;
        };
    }

    /// A public key of the suite's KEM whose private key does not exist.
    public static Bytes hpkeKey(int suite, Bytes seed) {
        return switch (suite) {
            case 4, 6 -> MlsBytes.concat(seed, seed).slice(0, 56);
            case 2, 5, 7 -> last(newSigner(suite), signatureKeySize(suite));
            default -> seed;
        };
    }

    /// SignWithLabel (RFC 9420 §5.1.2).
    public static Bytes sign(int suite, KeyPair signer, String label, Bytes content) {
        try {
            var signature =
                    Signature.getInstance(
                            switch (suite) {
                                case 4, 6 -> "Ed448";
                                case 2 -> "SHA256withECDSA";
                                case 5 -> "SHA512withECDSA";
                                case 7 -> "SHA384withECDSA";
                                default -> "Ed25519";
                            });
            signature.initSign(signer.getPrivate());
            var full = MlsBytes.text("MLS 1.0 " + label);
            signature.update(MlsBytes.vector(full).toArray());
            signature.update(MlsBytes.vector(content).toArray());
            return Bytes.wrap(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyPair pair(String algorithm, String curve) {
        try {
            var generator = KeyPairGenerator.getInstance(algorithm);
            if (!curve.isEmpty()) {
                generator.initialize(new ECGenParameterSpec(curve));
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /// A SubjectPublicKeyInfo ends with the key's own bytes.
    private static Bytes last(KeyPair pair, int size) {
        var encoded = pair.getPublic().getEncoded();
        return Bytes.wrap(Arrays.copyOfRange(encoded, encoded.length - size, encoded.length));
    }

    static String hex(int value) {
        return HexFormat.of().toHexDigits((short) value);
    }
}
