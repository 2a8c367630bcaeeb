package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.Unpooled;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// The cipher suites of RFC 9420 §17.1, limited to what the server needs: their hash.
public final class CipherSuites {
    private CipherSuites() {}

    /// Whether the suite is one of RFC 9420 (1 to 7).
    public static boolean isKnown(int suite) {
        return suite >= 1 && suite <= 7;
    }

    /// The suite's hash.
    ///
    /// @throws IllegalArgumentException if the suite is not [known][#isKnown]
    public static MessageDigest newDigest(int suite) {
        try {
            return MessageDigest.getInstance(
                    switch (suite) {
                        case 1, 2, 3 -> "SHA-256";
                        case 4, 5, 6 -> "SHA-512";
                        case 7 -> "SHA-384";
                        default ->
                                throw new IllegalArgumentException(
                                        "cipher suite " + suite + " is not one of RFC 9420");
                    });
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-2", e);
        }
    }

    /// Updates the digest with `RefHashInput` (§5.2): `label<V> ‖ value<V>`.
    static void updateRefHash(MessageDigest digest, Bytes label, Bytes value) {
        updateVector(digest, label);
        updateVector(digest, value);
    }

    private static void updateVector(MessageDigest digest, Bytes bytes) {
        var length = Unpooled.buffer(4);
        TlsWriter.writeLength(length, bytes.size());
        digest.update(length.array(), 0, length.readableBytes());
        bytes.update(digest);
    }
}
