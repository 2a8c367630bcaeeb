package io.lockstep.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.SharedFolder;
import io.lockstep.wire.mls.CipherSuites;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MessageGenerator;
import io.lockstep.wire.mls.RatchetTree;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.MessageDigest;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Ratchet trees (RFC 9420 §7.8, §12.4.3.3) of the working group, and generated ones.
final class RatchetTreeTest {
    private final MessageGenerator make = new MessageGenerator(20);

    @Test
    @DisplayName("§7.8: the tree hashes equal those of the tree-operations vectors")
    void treeHashesOfTheVectors() throws MalformedMessageException {
        int checked = 0;
        for (var vector : SharedFolder.vectors("tree-operations")) {
            int suite = vector.get("cipher_suite").asInt();
            for (var when : new String[] {"before", "after"}) {
                var tree = RatchetTree.read(bytes(vector, "tree_" + when));
                assertThat(TreeHash.of(tree, suite)).isEqualTo(bytes(vector, "tree_hash_" + when));
                checked++;
            }
        }
        assertThat(checked).isPositive();
    }

    @Test
    void treesOfTheVectorsAreRead() throws MalformedMessageException {
        int trees = 0;
        for (var vector : SharedFolder.vectors("messages")) {
            assertThat(RatchetTree.read(bytes(vector, "ratchet_tree")).leaf(0)).isPresent();
            trees++;
        }
        for (var vector : SharedFolder.vectors("passive-client-welcome")) {
            if (!vector.get("ratchet_tree").isNull()) {
                assertThat(RatchetTree.read(bytes(vector, "ratchet_tree")).leafCount())
                        .isGreaterThan(1);
                trees++;
            }
        }
        assertThat(trees).isPositive();
    }

    @Test
    @DisplayName("§7.8: hashes of every suite, with blanks inside and beyond the end, as defined")
    void sameAsTheDefinition() throws MalformedMessageException {
        for (int suite = 1; suite <= 7; suite++) {
            for (int width : new int[] {1, 2, 3, 4, 5, 6, 7, 8, 17, 31, 100}) {
                var nodes = new Bytes[width];
                for (int i = 0; i < width; i++) {
                    nodes[i] = i + 1 < width && i % 3 == 1 ? Bytes.EMPTY : node(i);
                }
                var tree = RatchetTree.read(tree(nodes));
                assertThat(TreeHash.of(tree, suite))
                        .as("suite %d, %d nodes", suite, width)
                        .isEqualTo(Bytes.wrap(defined(suite, nodes, rootOf(width))));
            }
        }
    }

    private static int rootOf(int width) {
        int leaves = 1;
        while (2 * leaves - 1 < width) {
            leaves *= 2;
        }
        return leaves - 1;
    }

    /// The recursive definition of §7.8.
    private static byte[] defined(int suite, Bytes[] nodes, int index) {
        var node = index < nodes.length ? nodes[index] : Bytes.EMPTY;
        var in = Unpooled.buffer();
        boolean leaf = (index & 1) == 0;
        in.writeByte(leaf ? 1 : 2);
        if (leaf) {
            in.writeInt(index / 2);
        }
        in.writeByte(node.isEmpty() ? 0 : 1);
        node.writeTo(in);
        if (!leaf) {
            int half = ((index ^ (index + 1)) + 1) >> 2;
            TlsWriter.writeOpaque(in, Bytes.wrap(defined(suite, nodes, index - half)));
            TlsWriter.writeOpaque(in, Bytes.wrap(defined(suite, nodes, index + half)));
        }
        MessageDigest digest = CipherSuites.newDigest(suite);
        digest.update(in.array(), 0, in.readableBytes());
        return digest.digest();
    }

    @Test
    void aLeafIsFoundByItsIndexAndBlanksAreNot() throws MalformedMessageException {
        var tree = RatchetTree.read(tree(node(0), node(1), Bytes.EMPTY, Bytes.EMPTY, node(4)));
        assertThat(tree.leafCount()).isEqualTo(4);
        assertThat(tree.leaf(0)).isPresent();
        assertThat(tree.leaf(1)).isEmpty();
        assertThat(tree.leaf(2)).isPresent();
        assertThat(tree.leaf(3)).as("beyond what was sent").isEmpty();
        assertThat(tree.leaf(4)).as("beyond the tree").isEmpty();
        assertThat(tree.leaf(0xffff_ffffL)).isEmpty();
        assertThat(tree.leaf(0)).isNotEqualTo(tree.leaf(2));
    }

    @Test
    @DisplayName("§12.4.3.3: a tree that is empty or ends with a blank node is malformed")
    void noBlanksAtTheEnd() {
        malformed(tree(), "empty or ends with a blank");
        malformed(tree(Bytes.EMPTY), "empty or ends with a blank");
        malformed(tree(node(0), node(1), Bytes.EMPTY), "empty or ends with a blank");
    }

    @Test
    void aLeafAtAnOddIndexAndAParentAtAnEvenOneAreMalformed() {
        malformed(raw(out -> present(out, 2, node(1))), "even indices");
        malformed(
                raw(out -> {
                    present(out, 1, node(0));
                    present(out, 1, node(0));
                }),
                "even indices");
        malformed(raw(out -> present(out, 3, node(0))), "even indices");
    }

    @Test
    @DisplayName("§7.1: unmerged leaves not in increasing order are malformed")
    void unmergedLeaves() {
        malformed(tree(node(0), parent(3, 2)), "increasing order");
        malformed(tree(node(0), parent(2, 2)), "increasing order");
    }

    @Test
    void anIncompleteOrTooLongTreeIsMalformed() {
        var tree = tree(node(0), node(1), node(2));
        for (int length = 0; length < tree.size(); length++) {
            var cut = tree.slice(0, length);
            assertThatExceptionOfType(MalformedMessageException.class)
                    .as("%d bytes", length)
                    .isThrownBy(() -> RatchetTree.read(cut));
        }
        var longer = Unpooled.buffer();
        tree.writeTo(longer);
        longer.writeByte(0);
        malformed(Bytes.copyOf(longer, 0, longer.readableBytes()), "too many");
        malformed(raw(out -> out.writeByte(2)), "optional");
    }

    @Test
    void moreNodesThanATreeMayHaveAreMalformed() throws MalformedMessageException {
        var last = node(0);
        int nodesMax = 2 * RatchetTree.LEAVES_MAX - 1;
        assertThat(
                        RatchetTree.read(
                                        raw(out -> {
                                            out.writeZero(nodesMax - 1);
                                            present(out, 1, last);
                                        }))
                                .leaf(RatchetTree.LEAVES_MAX - 1))
                .isPresent();
        malformed(
                raw(out -> {
                    out.writeZero(nodesMax + 1);
                    present(out, 1, last);
                }),
                "more than");
    }

    @Test
    void aTreeOfFiftyThousandLeavesIsReadAndHashed() throws MalformedMessageException {
        int leaves = 50_000;
        var leaf = node(0);
        var parent = node(1);
        var bytes =
                raw(out -> {
                    for (int i = 0; i < 2 * leaves - 1; i++) {
                        present(out, 1 + (i & 1), (i & 1) == 0 ? leaf : parent);
                    }
                });
        var tree = RatchetTree.read(bytes);
        assertThat(tree.leafCount()).isEqualTo(65_536);
        assertThat(tree.leaf(leaves - 1)).isPresent();
        assertThat(tree.leaf(leaves)).isEmpty();
        assertThat(TreeHash.of(tree, 1).size()).isEqualTo(32);
    }

    private static void malformed(Bytes bytes, String detail) {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> RatchetTree.read(bytes))
                .withMessageContaining(detail);
    }

    private Bytes node(int index) {
        if ((index & 1) == 1) {
            return parent(index / 4);
        }
        var out = Unpooled.buffer();
        make.leafNode(out, 1 + index / 2 % 3);
        return Bytes.copyOf(out, 0, out.readableBytes());
    }

    private Bytes parent(int... unmerged) {
        var out = Unpooled.buffer();
        make.opaque(out, 32);
        make.opaque(out, 32);
        MessageGenerator.vector(
                out,
                list -> {
                    for (int leaf : unmerged) {
                        list.writeInt(leaf);
                    }
                });
        return Bytes.copyOf(out, 0, out.readableBytes());
    }

    private static Bytes tree(Bytes... nodes) {
        return raw(out -> {
            for (int i = 0; i < nodes.length; i++) {
                if (nodes[i].isEmpty()) {
                    out.writeByte(0);
                } else {
                    present(out, 1 + (i & 1), nodes[i]);
                }
            }
        });
    }

    private static void present(ByteBuf out, int type, Bytes node) {
        out.writeByte(1).writeByte(type);
        node.writeTo(out);
    }

    private static Bytes raw(Consumer<ByteBuf> content) {
        var out = Unpooled.buffer();
        MessageGenerator.vector(out, content);
        return Bytes.copyOf(out, 0, out.readableBytes());
    }

    private static Bytes bytes(JsonNode vector, String name) {
        return Bytes.ofHex(vector.get(name).asString());
    }
}
