package io.lockstep.crypto;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.ExtensionTypes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.mls.RatchetTree;
import io.lockstep.wire.mls.WireFormats;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Creates valid GroupInfos in suite 1: a tree whose leaves have real signature keys, its hash, and
/// the signature of one of them. Parameters make parts of it invalid.
public final class SignedGroupInfos {
    private static final int SUITE = 1;

    private final List<KeyPair> leaves;

    /// @param leaves number of members in the tree
    public SignedGroupInfos(int leaves) {
        this.leaves = IntStream.range(0, leaves).mapToObj(_ -> SuiteKeys.newSigner(SUITE)).toList();
    }

    /// The tree with some of its leaves blank, and without blanks at its end.
    public Bytes tree(Integer... blankLeaves) {
        var blank = Arrays.asList(blankLeaves);
        var nodes = Unpooled.buffer();
        int last = leaves.size() - 1;
        while (blank.contains(last)) {
            last--;
        }
        for (int i = 0; i <= 2 * last; i++) {
            if (i % 2 == 1 || blank.contains(i / 2)) {
                nodes.writeByte(0);
            } else {
                nodes.writeByte(1).writeByte(1);
                leaf(nodes, i / 2);
            }
        }
        return MlsBytes.vector(bytes(nodes));
    }

    private void leaf(ByteBuf out, int index) {
        opaque(out, new byte[32]);
        TlsWriter.writeOpaque(out, SuiteKeys.signatureKey(SUITE, leaves.get(index)));
        out.writeShort(1);
        opaque(out, ("member " + index).getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < 5; i++) {
            opaque(out, new byte[0]);
        }
        out.writeByte(2);
        opaque(out, new byte[0]);
        opaque(out, new byte[64]);
    }

    /// The contents of a GroupInfo, and its signer.
    ///
    /// @param signer the leaf that it names
    /// @param key the leaf whose key signs
    /// @param extension a tree in its ratchet_tree extension; EMPTY for none
    public record Says(
            GroupId group, long epoch, Bytes treeHash, long signer, int key, Bytes extension) {}

    /// A valid GroupInfo for the given tree.
    public Bytes of(GroupId group, long epoch, Bytes tree, boolean asExtension) {
        return of(new Says(group, epoch, hash(tree), 0, 0, asExtension ? tree : Bytes.EMPTY));
    }

    public static Bytes hash(Bytes tree) {
        try {
            return TreeHash.of(RatchetTree.read(tree), SUITE);
        } catch (MalformedMessageException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public Bytes of(Says says) {
        var signed = Unpooled.buffer();
        signed.writeShort(1).writeShort(1);
        TlsWriter.writeOpaque(signed, says.group.bytes());
        signed.writeLong(says.epoch);
        TlsWriter.writeOpaque(signed, says.treeHash);
        opaque(signed, new byte[32]);
        opaque(signed, new byte[0]);
        var extensions = Unpooled.buffer();
        if (!says.extension.isEmpty()) {
            extensions.writeShort(ExtensionTypes.RATCHET_TREE);
            TlsWriter.writeOpaque(extensions, says.extension);
        }
        extensions.writeShort(ExtensionTypes.EXTERNAL_PUB);
        var externalPub = Unpooled.buffer();
        opaque(externalPub, new byte[32]);
        TlsWriter.writeOpaque(extensions, bytes(externalPub));
        TlsWriter.writeOpaque(signed, bytes(extensions));
        opaque(signed, new byte[32]);
        signed.writeInt((int) says.signer);

        var message = Unpooled.buffer();
        message.writeShort(1).writeShort(WireFormats.GROUP_INFO);
        var tbs = bytes(signed);
        tbs.writeTo(message);
        TlsWriter.writeOpaque(
                message, SuiteKeys.sign(SUITE, leaves.get(says.key), "GroupInfoTBS", tbs));
        return bytes(message);
    }

    private static void opaque(ByteBuf out, byte[] content) {
        TlsWriter.writeOpaque(out, Bytes.copyOf(content));
    }

    private static Bytes bytes(ByteBuf buffer) {
        return Bytes.copyOf(buffer, 0, buffer.readableBytes());
    }
}
