package io.lockstep.runtime;

import io.lockstep.wire.Bytes;

/// The keys of a deployment on one store (invariant I8): those that names become pseudonyms with,
/// which never change, because pseudonyms are parts of keys in the store; and those that values are
/// sealed with, which rotate.
public record Keyring(KeyDerivation names, DeploymentKeys sealing) implements KeyDerivation {
    /// Names and values under one key, as a store without a keyring has them.
    public static Keyring of(DeploymentKey key) {
        return new Keyring(key, DeploymentKeys.of(key));
    }

    /// A key for pseudonyms.
    @Override
    public Bytes derive(String purpose) {
        return names.derive(purpose);
    }

    @Override
    public String toString() {
        return "Keyring(secret)";
    }
}
