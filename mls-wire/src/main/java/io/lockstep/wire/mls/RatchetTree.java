package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;

/// A group's public ratchet tree (RFC 9420 §7), decoded strictly and kept as a view of its input
/// bytes. It adds four bytes for each node, whatever the node contains.
///
/// ```
/// optional<Node> ratchet_tree<V>                     (§12.4.3.3), without blanks at its end
/// Node: u8 node_type; 1: LeafNode, at even indices; 2: ParentNode, at odd ones
/// ParentNode: encryption_key<V>, parent_hash<V>,
///             u32 unmerged_leaves<V> in increasing order    (§7.1)
/// ```
///
/// It is decoded, not verified: members check signatures of leaves, parent hashes and the
/// uniqueness of keys.
///
/// Invariants: `1 ≤ width ≤ NODES_MAX`; node i is at `starts[i]` up to `starts[i + 1]`, and is
/// blank where that is one byte.
public final class RatchetTree {
    /// Maximum number of leaves: more than populated leaves in the longest blob. A blank node is
    /// one byte, so without a limit a blob of blanks would cost hours of hashing.
    public static final int LEAVES_MAX = 1 << 17;

    private static final int NODES_MAX = 2 * LEAVES_MAX - 1;
    private static final int LEAF = 1;
    private static final int PARENT = 2;

    private final Bytes whole;
    private final int base;
    private final int width;
    private final int[] starts;

    private RatchetTree(Bytes whole, int base, int width, int[] starts) {
        this.whole = whole;
        this.base = base;
        this.width = width;
        this.starts = starts;
        assert invariants();
    }

    /// @param bytes the vector with its length, and nothing else
    public static RatchetTree read(Bytes bytes) throws MalformedMessageException {
        return read(bytes, 0, bytes.size());
    }

    /// Reads the tree in place.
    ///
    /// @param whole retained by the tree
    public static RatchetTree read(Bytes whole, int from, int length)
            throws MalformedMessageException {
        var in = new TlsReader(whole.asByteBuf(from, length));
        try {
            int outer = in.enter();
            int[] starts = new int[Math.min(NODES_MAX, in.remaining() / 64) + 2];
            int width = 0;
            boolean blank = true;
            while (in.hasRemaining()) {
                if (width == NODES_MAX) {
                    throw in.malformed("a tree of more than " + LEAVES_MAX + " leaves");
                }
                if (width + 1 == starts.length) {
                    starts = Arrays.copyOf(starts, 2 * starts.length);
                }
                starts[width] = in.offset();
                blank = !in.optional();
                if (!blank) {
                    node(in, (width & 1) == 0);
                }
                width++;
            }
            if (blank) {
                throw in.malformed("a tree is empty or ends with a blank node");
            }
            starts[width] = in.offset();
            in.leave(outer);
            in.finish();
            return new RatchetTree(whole, from, width, starts);
        } catch (MalformedEncodingException e) {
            throw MalformedMessageException.of(e);
        }
    }

    private static void node(TlsReader in, boolean leaf) throws MalformedEncodingException {
        int type = in.u8();
        if (type != (leaf ? LEAF : PARENT)) {
            throw in.malformed("leaves must be at even indices, parents at odd ones");
        }
        if (leaf) {
            MlsGrammar.leafNode(in, null);
            return;
        }
        in.skipOpaque();
        in.skipOpaque();
        long last = -1;
        int outer = in.enter();
        while (in.hasRemaining()) {
            long leafIndex = in.u32();
            if (leafIndex <= last) {
                throw in.malformed("unmerged leaves are not in increasing order");
            }
            last = leafIndex;
        }
        in.leave(outer);
    }

    /// Number of leaves of the whole tree, blank ones included: a power of two.
    public int leafCount() {
        int present = width / 2 + 1;
        return present == 1 ? 1 : Integer.highestOneBit(present - 1) << 1;
    }

    /// @param index from 0
    /// @return empty where the leaf is blank or beyond the tree
    public Optional<LeafNode> leaf(long index) {
        if (index < 0 || index >= leafCount() || isBlank((int) (2 * index))) {
            return Optional.empty();
        }
        int start = starts[(int) (2 * index)];
        int end = starts[(int) (2 * index) + 1];
        var in = new TlsReader(whole.asByteBuf(base + start + 2, end - start - 2));
        try {
            return Optional.of(KeyPackageReader.leafNode(in));
        } catch (MalformedEncodingException e) {
            throw new IllegalStateException("a leaf that was read cannot be read again", e);
        }
    }

    /// @param node index in the array form of the tree
    public boolean isBlank(int node) {
        return node >= width || starts[node + 1] - starts[node] == 1;
    }

    /// Adds the LeafNode or ParentNode at an index to a hash; adds nothing where the node is blank.
    ///
    /// @param index of the node in the array form of the tree (RFC 9420 Appendix C)
    public void updateNode(int index, MessageDigest digest) {
        if (!isBlank(index)) {
            // Without the presence byte and the node type.
            whole.update(digest, base + starts[index] + 2, starts[index + 1] - starts[index] - 2);
        }
    }

    private boolean invariants() {
        for (int i = 0; i < width; i++) {
            if (starts[i] >= starts[i + 1]) {
                return false;
            }
        }
        return 1 <= width && width <= NODES_MAX;
    }
}
