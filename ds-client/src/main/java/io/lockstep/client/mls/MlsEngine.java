package io.lockstep.client.mls;

import io.lockstep.wire.Bytes;
import java.util.List;

/// An implementation of MLS (RFC 9420), the interface that a client library user provides. All
/// objects that it creates stay on the thread that created them.
///
/// ```java
/// MlsIdentity alice = engine.newIdentity(identity, 1);
/// MlsGroup group = alice.createGroup(id);
/// Bytes message = group.encrypt(plaintext, Bytes.EMPTY);
/// ```
public interface MlsEngine {
    /// Creates a client with a new signature key.
    ///
    /// @param identity the identity in its basic credential
    /// @param suite cipher suite number; 1 is the mandatory one
    MlsIdentity newIdentity(Bytes identity, int suite);

    /// Serializes a client: keys, unused KeyPackages, groups, and commits that wait for their
    /// outcome. The bytes are secret. The same implementation in the same version can read them.
    Bytes save(Saved saved);

    /// Restores a client.
    ///
    /// @throws MlsException when another implementation or version saved it
    Saved restore(Bytes bytes);

    /// A client and its groups.
    record Saved(MlsIdentity identity, List<MlsGroup> groups) {
        public Saved {
            groups = List.copyOf(groups);
        }
    }
}
