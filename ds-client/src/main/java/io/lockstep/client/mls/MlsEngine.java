package io.lockstep.client.mls;

import io.lockstep.wire.Bytes;
import java.util.List;

/// An implementation of MLS. Everything it hands out stays with the thread it was made on.
public interface MlsEngine {
    /// A client with a fresh signature key.
    ///
    /// @param identity of its basic credential
    /// @param suite cipher suite number, 1 for the mandatory one
    MlsIdentity newIdentity(Bytes identity, int suite);

    /// All there is of a client as bytes: keys, unused KeyPackages, groups, commits that wait for their outcome.
    /// They are secret, and readable to the same implementation in the same version.
    Bytes save(Saved saved);

    /// @throws MlsException when another implementation or version saved it
    Saved restore(Bytes bytes);

    /// A client and its groups.
    record Saved(MlsIdentity identity, List<MlsGroup> groups) {
        public Saved {
            groups = List.copyOf(groups);
        }
    }
}
