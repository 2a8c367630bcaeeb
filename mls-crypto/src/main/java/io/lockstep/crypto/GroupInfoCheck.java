package io.lockstep.crypto;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.CipherSuites;
import io.lockstep.wire.mls.GroupInfoReader;
import io.lockstep.wire.mls.GroupInfoReader.ByteSpan;
import io.lockstep.wire.mls.GroupInfoReader.Layout;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.RatchetTree;
import java.util.ArrayList;

/// The checks of a GroupInfo against its ratchet tree (RFC 9420 §12.4.3, §12.4.3.1): the tree's
/// hash is the one in its GroupContext, and a member of that tree signed it.
///
/// Other checks are possible only for members: that the tree is the group's, the confirmation tag,
/// the transcript. Hashing a tree of 50,000 leaves takes tenths of a second and must not run on
/// event loops.
public final class GroupInfoCheck {
    private GroupInfoCheck() {}

    public sealed interface CheckResult {
        /// All checks passed.
        record Holds() implements CheckResult {}

        /// Nothing can be checked: there is no tree, or the suite is not one of RFC 9420.
        record NotCheckable() implements CheckResult {}

        /// @param detail the failed check, for the client to read
        record Broken(String detail) implements CheckResult {}
    }

    /// @param message an MLSMessage with a GroupInfo
    /// @param tree the ratchet tree that was sent separately; EMPTY for none. A tree in its own
    ///     extensions is checked as well.
    /// @throws MalformedMessageException if the message is not a GroupInfo
    public static CheckResult check(Bytes message, Bytes tree) throws MalformedMessageException {
        var parts = GroupInfoReader.read(message);
        if (parts.trees().size() > 1) {
            return new CheckResult.Broken("two ratchet_tree extensions (RFC 9420 §13)");
        }
        var info = parts.info();
        if ((tree.isEmpty() && parts.trees().isEmpty())
                || !CipherSuites.isKnown(info.cipherSuite())) {
            return new CheckResult.NotCheckable();
        }
        try {
            var trees = new ArrayList<RatchetTree>(2);
            for (var part : parts.trees()) {
                trees.add(RatchetTree.read(message, part.from(), part.length()));
            }
            if (!tree.isEmpty()) {
                trees.add(RatchetTree.read(tree));
            }
            for (var each : trees) {
                if (!TreeHash.of(each, info.cipherSuite()).equals(parts.treeHash())) {
                    return new CheckResult.Broken(
                            "the ratchet tree has another hash than tree_hash");
                }
            }
            return signedBy(trees.getFirst(), parts, message);
        } catch (MalformedMessageException e) {
            return new CheckResult.Broken("ratchet_tree: " + e.detail());
        }
    }

    private static CheckResult signedBy(RatchetTree tree, Layout parts, Bytes message) {
        var info = parts.info();
        var leaf = tree.leaf(info.signer());
        if (leaf.isEmpty()) {
            return new CheckResult.Broken(
                    "the signer, leaf " + info.signer() + ", is not in the tree");
        }
        ByteSpan signed = parts.signed();
        return SignatureVerifier.verifyWithLabel(
                        info.cipherSuite(),
                        leaf.get().signatureKey(),
                        "GroupInfoTBS",
                        message.slice(signed.from(), signed.length()),
                        parts.signature())
                ? new CheckResult.Holds()
                : new CheckResult.Broken("the signature is not that of the signer's leaf");
    }
}
