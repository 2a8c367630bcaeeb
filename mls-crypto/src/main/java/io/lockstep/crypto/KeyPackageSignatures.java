package io.lockstep.crypto;

import io.lockstep.wire.mls.KeyPackage;
import io.lockstep.wire.mls.LeafNodeSource;

/// Verifies the two signatures of a KeyPackage (RFC 9420 §7.2, §10), both with the key of its leaf.
public final class KeyPackageSignatures {
    private KeyPackageSignatures() {}

    /// Whether the KeyPackage's signature is valid (§10, KeyPackageTBS).
    public static boolean keyPackageHolds(KeyPackage keyPackage) {
        return SignatureVerifier.verifyWithLabel(
                keyPackage.cipherSuite(),
                keyPackage.signatureKey(),
                "KeyPackageTBS",
                keyPackage.toBeSigned(),
                keyPackage.signature());
    }

    /// Whether the signature of its LeafNode is valid (§7.2, LeafNodeTBS with source KEY_PACKAGE).
    /// False for a leaf of another source, whose signature also covers fields of its group.
    public static boolean leafHolds(KeyPackage keyPackage) {
        return keyPackage.leafNodeSource() == LeafNodeSource.KEY_PACKAGE
                && SignatureVerifier.verifyWithLabel(
                        keyPackage.cipherSuite(),
                        keyPackage.signatureKey(),
                        "LeafNodeTBS",
                        keyPackage.leafToBeSigned(),
                        keyPackage.leafNode().signature());
    }
}
