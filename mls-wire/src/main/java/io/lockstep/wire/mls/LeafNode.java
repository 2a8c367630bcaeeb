package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import java.util.List;

/// A LeafNode (RFC 9420 §7.2), decoded but not verified.
///
/// @param notBefore seconds since 1970, unsigned; 0 unless the source is KEY_PACKAGE
/// @param notAfter seconds since 1970, unsigned; 0 unless the source is KEY_PACKAGE
/// @param parentHash empty unless the source is COMMIT
public record LeafNode(
        Bytes encryptionKey,
        Bytes signatureKey,
        Credential credential,
        Capabilities capabilities,
        LeafNodeSource source,
        long notBefore,
        long notAfter,
        Bytes parentHash,
        List<Extension> extensions,
        Bytes signature) {
    public LeafNode {
        extensions = List.copyOf(extensions);
    }
}
