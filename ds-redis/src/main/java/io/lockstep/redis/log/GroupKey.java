package io.lockstep.redis.log;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import javax.crypto.spec.SecretKeySpec;

/// The key of one group, under which [EntrySealer] seals its entries: 32 random bytes, made with
/// the group. Two keys are derived from it, one to encrypt and one for nonces, and an id, which
/// tells keys apart and reveals nothing about them.
final class GroupKey {
    static final int BYTES = 32;
    static final int ID_BYTES = 8;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Bytes secret;
    private final Bytes id;
    private final SecretKeySpec encryption;
    private final SecretKeySpec nonces;

    private GroupKey(Bytes secret) {
        this.secret = secret;
        id = derive(secret, "id").slice(0, ID_BYTES);
        encryption = new SecretKeySpec(derive(secret, "entry").toArray(), "AES");
        nonces = new SecretKeySpec(derive(secret, "nonce").toArray(), "HmacSHA256");
    }

    static GroupKey of(Bytes secret) {
        if (secret.size() != BYTES) {
            throw new IllegalArgumentException(
                    "a group's key must have 32 bytes, not " + secret.size());
        }
        return new GroupKey(secret);
    }

    static GroupKey generate() {
        var secret = new byte[BYTES];
        RANDOM.nextBytes(secret);
        return new GroupKey(Bytes.wrap(secret));
    }

    private static Bytes derive(Bytes secret, String purpose) {
        return DeploymentKey.hmac(secret, purpose.getBytes(StandardCharsets.US_ASCII));
    }

    Bytes secret() {
        return secret;
    }

    /// 8 bytes.
    Bytes id() {
        return id;
    }

    SecretKeySpec encryption() {
        return encryption;
    }

    SecretKeySpec nonces() {
        return nonces;
    }

    @Override
    public String toString() {
        return "GroupKey(" + id.hex() + ")";
    }
}
