package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import java.util.List;

/// Lists every public field of an MLSMessage in order, for people.
public final class MlsDescriber {
    private MlsDescriber() {}

    /// One field. The fields of a message follow each other without a gap from its first byte to
    /// its last. A vector of structures appears as its length alone, followed by its parts.
    ///
    /// @param offset its first byte, from the start of the MLSMessage; a vector's is its length
    ///     prefix
    /// @param length its bytes, a vector's prefix included
    /// @param name such as `proposals[0].key_package.cipher_suite`, in the words of RFC 9420
    /// @param value for people; encrypted parts show their length only
    public record Field(int offset, int length, String name, String value) {}

    /// Describes exactly one whole MLSMessage, as strictly as [MlsMessageReader#read] reads it,
    /// except that KeyPackages of unknown cipher suites are described too.
    public static List<Field> describe(Bytes message) throws MalformedMessageException {
        try {
            return describeMessage(message);
        } catch (MalformedMessageException noMessage) {
            try {
                return describeBareKeyPackage(message);
            } catch (MalformedMessageException noKeyPackage) {
                throw noKeyPackage.offset() > noMessage.offset() ? noKeyPackage : noMessage;
            }
        }
    }

    /// Both an MLSMessage and a bare KeyPackage begin with a version and a small number: a bare
    /// KeyPackage of suite 1 looks like a PublicMessage. When read to the end, the bytes are only
    /// one of the two.
    private static List<Field> describeBareKeyPackage(Bytes bytes)
            throws MalformedMessageException {
        var in = new TlsReader(bytes.asByteBuf());
        var out = new FieldRecorder();
        out.add(0, bytes.size(), "key_package", "bare, without an MLSMessage around it");
        try {
            MlsGrammar.keyPackage(in, out);
            in.finish();
        } catch (MalformedEncodingException e) {
            throw MalformedMessageException.of(e);
        }
        return out.toList();
    }

    private static List<Field> describeMessage(Bytes message) throws MalformedMessageException {
        var buffer = message.asByteBuf();
        int wireFormat = MlsMessageReader.wireFormat(buffer);
        var in = new TlsReader(buffer);
        var out = new FieldRecorder();
        try {
            MlsGrammar.u16(in, out, "version");
            int at = in.offset();
            in.skip(2);
            out.add(at, 2, "wire_format", wireFormat + " " + wireFormatName(wireFormat));
            switch (wireFormat) {
                case WireFormats.PUBLIC_MESSAGE -> publicMessage(in, out);
                case WireFormats.PRIVATE_MESSAGE -> privateMessage(in, out);
                case WireFormats.WELCOME -> welcome(in, out);
                case WireFormats.GROUP_INFO -> groupInfo(in, out);
                default -> MlsGrammar.keyPackage(in, out);
            }
            in.finish();
        } catch (MalformedEncodingException e) {
            throw MalformedMessageException.of(e);
        }
        if (wireFormat == WireFormats.WELCOME || wireFormat == WireFormats.GROUP_INFO) {
            // These two have rules beyond their grammar, which reading checks.
            MlsMessageReader.read(message);
        }
        return out.toList();
    }

    private static void privateMessage(TlsReader in, FieldRecorder out)
            throws MalformedEncodingException {
        groupIdAndEpoch(in, out);
        int at = in.offset();
        out.add(at, 1, "content_type", name(GroupMessageHeader.contentType(in)));
        MlsGrammar.opaque(in, out, "authenticated_data");
        MlsGrammar.encrypted(in, out, "encrypted_sender_data");
        MlsGrammar.encrypted(in, out, "ciphertext");
    }

    private static void publicMessage(TlsReader in, FieldRecorder out)
            throws MalformedEncodingException {
        groupIdAndEpoch(in, out);
        int at = in.offset();
        var sender = GroupMessageHeader.senderType(in);
        out.add(at, 1, "sender_type", name(sender));
        switch (sender) {
            case MEMBER -> MlsGrammar.u32(in, out, "leaf_index");
            case EXTERNAL -> MlsGrammar.u32(in, out, "sender_index");
            case NEW_MEMBER_PROPOSAL, NEW_MEMBER_COMMIT -> {}
        }
        MlsGrammar.opaque(in, out, "authenticated_data");
        int contentAt = in.offset();
        var contentType = GroupMessageHeader.publicContentType(in, sender);
        out.add(contentAt, 1, "content_type", name(contentType));
        PublicContent.read(in, out, contentType, sender);
    }

    private static void groupIdAndEpoch(TlsReader in, FieldRecorder out)
            throws MalformedEncodingException {
        int at = in.offset();
        int length = GroupMessageHeader.groupId(in);
        out.add(
                at,
                in.offset() - at,
                "group_id",
                FieldRecorder.text(in.copy(in.offset() - length, length)));
        int epochAt = in.offset();
        out.add(epochAt, 8, "epoch", Long.toString(GroupMessageHeader.epoch(in)));
    }

    private static void welcome(TlsReader in, FieldRecorder out) throws MalformedEncodingException {
        MlsGrammar.u16(in, out, "cipher_suite");
        int index = 0;
        int outer = MlsGrammar.enter(in, out, "secrets");
        while (in.hasRemaining()) {
            int mark = out.enter("secrets", index++);
            MlsGrammar.opaque(in, out, "new_member");
            MlsGrammar.hpkeCiphertext(in, out, "encrypted_group_secrets");
            out.leave(mark);
        }
        in.leave(outer);
        MlsGrammar.encrypted(in, out, "encrypted_group_info");
    }

    private static void groupInfo(TlsReader in, FieldRecorder out)
            throws MalformedEncodingException {
        int mark = out.enter("group_context");
        MlsGrammar.u16(in, out, "version");
        MlsGrammar.u16(in, out, "cipher_suite");
        groupIdAndEpoch(in, out);
        MlsGrammar.opaque(in, out, "tree_hash");
        MlsGrammar.opaque(in, out, "confirmed_transcript_hash");
        MlsGrammar.extensions(in, out, "extensions");
        out.leave(mark);
        MlsGrammar.extensions(in, out, "extensions");
        MlsGrammar.opaque(in, out, "confirmation_tag");
        MlsGrammar.u32(in, out, "signer");
        MlsGrammar.opaque(in, out, "signature");
    }

    private static String wireFormatName(int wireFormat) {
        return switch (wireFormat) {
            case WireFormats.PUBLIC_MESSAGE -> "mls_public_message";
            case WireFormats.PRIVATE_MESSAGE -> "mls_private_message";
            case WireFormats.WELCOME -> "mls_welcome";
            case WireFormats.GROUP_INFO -> "mls_group_info";
            default -> "mls_key_package";
        };
    }

    private static String name(ContentType type) {
        return type.wire() + " " + type.name().toLowerCase(java.util.Locale.ROOT);
    }

    private static String name(SenderType type) {
        return type.wire() + " " + type.name().toLowerCase(java.util.Locale.ROOT);
    }
}
