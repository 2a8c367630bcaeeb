package io.lockstep.client.mls;

import io.lockstep.wire.Bytes;

/// An implementation of MLS. Everything it hands out stays with the thread it was made on.
public interface MlsEngine {
    /// A client with a fresh signature key.
    ///
    /// @param identity of its basic credential
    /// @param suite cipher suite number, 1 for the mandatory one
    MlsIdentity newIdentity(Bytes identity, int suite);
}
