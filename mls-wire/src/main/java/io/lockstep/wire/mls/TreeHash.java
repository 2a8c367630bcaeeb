package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import java.security.DigestException;
import java.security.MessageDigest;

/// Computes a tree hash (RFC 9420 §7.8) from leaves and parents in post-order, with one hash kept for each
/// level: no recursion, and nothing allocated for a node.
///
/// ```
/// leaf:   u8 1, u32 leaf_index, optional<LeafNode>
/// parent: u8 2, optional<ParentNode>, left_hash<V>, right_hash<V>
/// ```
final class TreeHash {
    private static final int LEVELS_MAX = 32;

    private final MessageDigest digest;
    private final int hashBytes;

    /// The hashes of whole subtrees that wait for their sibling, the smallest last.
    private final byte[] stack;

    private final byte[] head = new byte[6];
    private int depth;

    TreeHash(MessageDigest digest) {
        this.digest = digest;
        this.hashBytes = digest.getDigestLength();
        this.stack = new byte[LEVELS_MAX * hashBytes];
    }

    /// Where a node's LeafNode or ParentNode lies; of no length where it is blank.
    record Node(Bytes whole, int from, int length) {
        static final Node BLANK = new Node(Bytes.EMPTY, 0, 0);
    }

    void leaf(int index, Node node) {
        head[0] = 1;
        head[1] = (byte) (index >>> 24);
        head[2] = (byte) (index >>> 16);
        head[3] = (byte) (index >>> 8);
        head[4] = (byte) index;
        head[5] = presence(node);
        digest.update(head, 0, 6);
        node.whole.update(digest, node.from, node.length);
        push();
    }

    /// The parent of the two subtrees pushed last.
    void parent(Node node) {
        head[0] = 2;
        head[1] = presence(node);
        digest.update(head, 0, 2);
        node.whole.update(digest, node.from, node.length);
        depth -= 2;
        for (int side = 0; side < 2; side++) {
            // 32, 48 and 64 bytes; the last takes a length of two bytes.
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

    private static byte presence(Node node) {
        return (byte) (node.length == 0 ? 0 : 1);
    }

    private void push() {
        try {
            digest.digest(stack, depth * hashBytes, hashBytes);
        } catch (DigestException e) {
            throw new IllegalStateException("there is room for " + LEVELS_MAX + " hashes", e);
        }
        depth++;
    }

    Bytes root() {
        if (depth != 1) {
            throw new IllegalStateException("a tree has one root, not " + depth);
        }
        return Bytes.copyOf(stack).slice(0, hashBytes);
    }
}
