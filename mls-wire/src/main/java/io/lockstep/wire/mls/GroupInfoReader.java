package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import java.util.ArrayList;
import java.util.List;

/// Reads a GroupInfo (RFC 9420 §12.4.3) and records the offsets of its parts.
///
/// ```
/// GroupContext: u16 version = 1, u16 cipher_suite, group_id<V>, u64 epoch, tree_hash<V>,
///               confirmed_transcript_hash<V>, extensions<V>                        (§8.1)
/// extensions<V>, confirmation_tag<V>, u32 signer, signature<V>
/// ```
///
/// The signature covers everything before it: GroupInfoTBS has the same fields in the same order.
public final class GroupInfoReader {
    private GroupInfoReader() {}

    /// The parts of a GroupInfo. Offsets are relative to the position where reading began.
    ///
    /// @param signed GroupInfoTBS
    /// @param trees data of each ratchet_tree extension; §13 allows one
    public record Layout(
            GroupInfo info,
            Bytes treeHash,
            ByteSpan signed,
            List<ByteSpan> trees,
            Bytes signature) {
        public Layout {
            trees = List.copyOf(trees);
        }
    }

    /// A range of the bytes that were read.
    public record ByteSpan(int from, int length) {}

    /// @param message an MLSMessage
    /// @throws MalformedMessageException if the message is not a GroupInfo
    public static Layout read(Bytes message) throws MalformedMessageException {
        var buffer = message.asByteBuf();
        int wireFormat = MlsMessageReader.wireFormat(buffer);
        if (wireFormat != WireFormats.GROUP_INFO) {
            throw new MalformedMessageException(
                    Code.WRONG_MESSAGE_KIND,
                    "wire format " + wireFormat + " is not a GroupInfo",
                    2);
        }
        var in = new TlsReader(buffer);
        try {
            in.skip(4);
            var parts = read(in);
            in.finish();
            return parts;
        } catch (MalformedEncodingException e) {
            throw MalformedMessageException.of(e);
        }
    }

    static Layout read(TlsReader in) throws MalformedEncodingException, MalformedMessageException {
        int start = in.offset();
        int version = in.u16();
        if (version != WireFormats.MLS10) {
            throw new MalformedMessageException(
                    Code.UNSUPPORTED_VERSION, "a GroupContext of version " + version, start);
        }
        int suite = in.u16();
        int groupIdLength = GroupMessageHeader.groupId(in);
        var groupId = new GroupId(in.copy(in.offset() - groupIdLength, groupIdLength));
        long epoch = GroupMessageHeader.epoch(in);
        var treeHash = in.opaque();
        in.skipOpaque();
        var trees = new ArrayList<ByteSpan>();
        var contextExtensions = extensionTypes(in, new ArrayList<>());
        var extensions = extensionTypes(in, trees);
        in.skipOpaque();
        long signer = in.u32();
        var signed = new ByteSpan(start, in.offset() - start);
        var signature = in.opaque();
        var info = new GroupInfo(groupId, epoch, suite, contextExtensions, extensions, signer);
        return new Layout(info, treeHash, signed, trees, signature);
    }

    /// @param trees receives the ranges of ratchet trees
    private static List<Integer> extensionTypes(TlsReader in, List<ByteSpan> trees)
            throws MalformedEncodingException {
        var types = new ArrayList<Integer>();
        int outer = in.enter();
        while (in.hasRemaining()) {
            int type = in.u16();
            int length = in.skipOpaque();
            types.add(type);
            if (type == ExtensionTypes.RATCHET_TREE) {
                trees.add(new ByteSpan(in.offset() - length, length));
            }
        }
        in.leave(outer);
        return types;
    }
}
