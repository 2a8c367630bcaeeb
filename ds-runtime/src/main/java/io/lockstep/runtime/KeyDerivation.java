package io.lockstep.runtime;

import io.lockstep.wire.Bytes;

/// Derives a key for each purpose from one secret.
public interface KeyDerivation {
    /// @return 32 bytes, the same for each call
    Bytes derive(String purpose);
}
