package io.lockstep.wire.mls;

import java.util.List;

/// The public part of a GroupInfo (RFC 9420 §12.4.3), with which a client can join by external
/// commit.
///
/// @param epoch the epoch that it describes, at most 2^63 - 1
/// @param groupContextExtensions types of the extensions in its GroupContext, in order
/// @param extensions types of its own extensions, in order
/// @param signer leaf index of the signer
public record GroupInfo(
        GroupId groupId,
        long epoch,
        int cipherSuite,
        List<Integer> groupContextExtensions,
        List<Integer> extensions,
        long signer)
        implements MlsMessage {
    public GroupInfo {
        groupContextExtensions = List.copyOf(groupContextExtensions);
        extensions = List.copyOf(extensions);
    }

    public boolean hasRatchetTree() {
        return extensions.contains(ExtensionTypes.RATCHET_TREE);
    }

    /// Whether it contains what an external commit needs.
    public boolean hasExternalPub() {
        return extensions.contains(ExtensionTypes.EXTERNAL_PUB);
    }
}
