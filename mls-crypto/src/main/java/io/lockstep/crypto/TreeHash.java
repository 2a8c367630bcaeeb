package io.lockstep.crypto;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.CipherSuites;
import io.lockstep.wire.mls.RatchetTree;
import java.security.DigestException;
import java.security.MessageDigest;

/// Computes a tree hash (RFC 9420 §7.8) from leaves and parents in post-order. It keeps one hash
/// for each level, does not recurse, and allocates nothing per node.
///
/// ```
/// leaf:   u8 1, u32 leaf_index, optional<LeafNode>
/// parent: u8 2, optional<ParentNode>, left_hash<V>, right_hash<V>
/// ```
public final class TreeHash {
    private static final int LEVELS_MAX = 32;

    private final RatchetTree tree;
    private final MessageDigest digest;
    private final int hashBytes;

    /// The hashes of whole subtrees that wait for their sibling, the smallest last.
    private final byte[] stack;

    private final byte[] head = new byte[6];
    private int depth;

    private TreeHash(RatchetTree tree, MessageDigest digest) {
        this.tree = tree;
        this.digest = digest;
        this.hashBytes = digest.getDigestLength();
        this.stack = new byte[LEVELS_MAX * hashBytes];
    }

    /// The tree hash of the root, with the suite's hash.
    ///
    /// @throws IllegalArgumentException if the suite is not [known][CipherSuites#isKnown]
    public static Bytes of(RatchetTree tree, int cipherSuite) {
        var hashing = new TreeHash(tree, CipherSuites.newDigest(cipherSuite));
        int leaves = tree.leafCount();
        for (int leaf = 0; leaf < leaves; leaf++) {
            hashing.leaf(leaf);
            // As in a binary counter with carry: a subtree is complete when its last leaf is.
            for (int level = 1; isLastOfSubtree(leaf, level, leaves); level++) {
                int size = 1 << level;
                hashing.parent((leaf >> level) * 2 * size + size - 1);
            }
        }
        return hashing.root();
    }

    private static boolean isLastOfSubtree(int leaf, int level, int leaves) {
        int size = 1 << level;
        return size <= leaves && (leaf + 1) % size == 0;
    }

    private void leaf(int index) {
        head[0] = 1;
        head[1] = (byte) (index >>> 24);
        head[2] = (byte) (index >>> 16);
        head[3] = (byte) (index >>> 8);
        head[4] = (byte) index;
        head[5] = presence(2 * index);
        digest.update(head, 0, 6);
        tree.updateNode(2 * index, digest);
        push();
    }

    /// Replaces the two subtrees pushed last by their parent.
    private void parent(int node) {
        head[0] = 2;
        head[1] = presence(node);
        digest.update(head, 0, 2);
        tree.updateNode(node, digest);
        depth -= 2;
        for (int side = 0; side < 2; side++) {
            // 32, 48 and 64 bytes; only the last needs a length of two bytes.
            if (hashBytes < 64) {
                digest.update((byte) hashBytes);
            } else {
                digest.update((byte) 0x40);
                digest.update((byte) hashBytes);
            }
            digest.update(stack, (depth + side) * hashBytes, hashBytes);
        }
        push();
    }

    private byte presence(int node) {
        return (byte) (tree.isBlank(node) ? 0 : 1);
    }

    private void push() {
        try {
            digest.digest(stack, depth * hashBytes, hashBytes);
        } catch (DigestException e) {
            throw new IllegalStateException("there is room for " + LEVELS_MAX + " hashes", e);
        }
        depth++;
    }

    private Bytes root() {
        if (depth != 1) {
            throw new IllegalStateException("a tree has one root, not " + depth);
        }
        return Bytes.copyOf(stack).slice(0, hashBytes);
    }
}
