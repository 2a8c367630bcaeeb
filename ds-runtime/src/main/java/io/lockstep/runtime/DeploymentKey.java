package io.lockstep.runtime;

import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A secret of a deployment, shared by its nodes. Values in the store are sealed under keys that are
/// derived from it (invariant I8). The store without the secret reveals no names.
public final class DeploymentKey implements KeyDerivation {
    public static final int BYTES = 32;
    public static final int ID_BYTES = 4;

    private final SecretKeySpec key;
    private final Bytes id;

    private DeploymentKey(SecretKeySpec key) {
        this.key = key;
        id = derive("key-id").slice(0, ID_BYTES);
    }

    /// @param secret 32 random bytes
    public static DeploymentKey of(Bytes secret) {
        if (secret.size() != BYTES) {
            throw new IllegalArgumentException(
                    "a deployment key must have 32 bytes, not " + secret.size());
        }
        return new DeploymentKey(new SecretKeySpec(secret.toArray(), "HmacSHA256"));
    }

    /// 4 bytes of a keyed hash, which tell a deployment's keys apart and reveal nothing about them.
    public Bytes id() {
        return id;
    }

    /// Derives a key for one purpose, 32 bytes: `HMAC-SHA256(secret, purpose)`.
    @Override
    public Bytes derive(String purpose) {
        return hmac(key, purpose.getBytes(StandardCharsets.UTF_8));
    }

    /// `HMAC-SHA256(key, message)`, 32 bytes.
    public static Bytes hmac(Bytes key, byte[] message) {
        return hmac(new SecretKeySpec(key.toArray(), "HmacSHA256"), message);
    }

    private static Bytes hmac(SecretKeySpec key, byte[] message) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return Bytes.wrap(mac.doFinal(message));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

    @Override
    public String toString() {
        return "DeploymentKey(secret)";
    }
}
