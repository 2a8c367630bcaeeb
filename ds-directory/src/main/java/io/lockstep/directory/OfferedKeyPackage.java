package io.lockstep.directory;

import io.lockstep.wire.Bytes;

/// A KeyPackage that its owner publishes, and the features that its owner supports.
///
/// @param features the features that claims can require; [Features#NONE] when they are unknown
/// @param initKey its init_key, which no other KeyPackage of the owner may have (RFC 9420 §16.8);
///     EMPTY when it is unknown
public record OfferedKeyPackage(StoredKeyPackage keyPackage, Features features, Bytes initKey) {
    /// A KeyPackage whose init_key is unknown.
    public OfferedKeyPackage(StoredKeyPackage keyPackage, Features features) {
        this(keyPackage, features, Bytes.EMPTY);
    }
}
