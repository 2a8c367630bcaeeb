package io.lockstep.redis;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.redis.proto.StoredKeyring;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.KeyDerivation;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Map;
import java.util.TreeMap;

/// The secret that names become pseudonyms with, as the store keeps it. It does not change when
/// deployment keys rotate. A store of an earlier release has the keys that were derived from the
/// deployment key then, and no name in it changes.
final class NameSecret implements KeyDerivation {
    /// What an earlier release derived from the deployment key for names.
    private static final String[] PURPOSES_BEFORE = {
        "group-key",
        "client-key",
        "ref-key",
        "feature-key",
        "init-key-key",
        "sender-key",
        "sender",
        "member",
        "owner",
        "quota",
        "fingerprint"
    };

    private final Bytes secret;
    private final Map<String, Bytes> derivedBefore;

    private NameSecret(Bytes secret, Map<String, Bytes> derivedBefore) {
        this.secret = secret;
        this.derivedBefore = derivedBefore;
    }

    /// Of a new store.
    static NameSecret generate() {
        var secret = new byte[DeploymentKey.BYTES];
        new SecureRandom().nextBytes(secret);
        return new NameSecret(Bytes.wrap(secret), Map.of());
    }

    /// Of a store whose names were made with this key.
    static NameSecret of(DeploymentKey before) {
        var derived = new TreeMap<String, Bytes>();
        for (var purpose : PURPOSES_BEFORE) {
            derived.put(purpose, before.derive(purpose));
        }
        return new NameSecret(generate().secret, derived);
    }

    static NameSecret decode(byte[] encoded) {
        try {
            var stored = StoredKeyring.parseFrom(encoded);
            var derived = new TreeMap<String, Bytes>();
            stored.getDerivedBeforeMap()
                    .forEach((purpose, key) -> derived.put(purpose, Bytes.of(key)));
            return new NameSecret(Bytes.of(stored.getSecret()), derived);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the keyring cannot be read", e);
        }
    }

    byte[] encode() {
        var stored = StoredKeyring.newBuilder().setSecret(secret.asByteString());
        derivedBefore.forEach((purpose, key) ->
                stored.putDerivedBefore(purpose, ByteString.copyFrom(key.toArray())));
        return stored.build().toByteArray();
    }

    @Override
    public Bytes derive(String purpose) {
        var before = derivedBefore.get(purpose);
        return before == null
                ? DeploymentKey.hmac(secret, purpose.getBytes(StandardCharsets.UTF_8))
                : before;
    }
}
