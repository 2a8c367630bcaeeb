package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.Reference;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// MLSMessages with correct public parts and filler for the secret parts, which a Delivery Service
/// cannot read. Written by hand after RFC 9420 §6 and §12.4.3.
public final class MlsBytes {
    private static final int SUITE = 1;
    private static final int SENDER_DATA_BYTES = 28;
    private static final int KEM_OUTPUT_BYTES = 32;
    private static final int SECRETS_BYTES = 52;

    private static final Set<String> GROUP_NAMES = ConcurrentHashMap.newKeySet();

    private MlsBytes() {}

    /// The names of all groups of this process.
    public static Stream<String> groupNames() {
        return GROUP_NAMES.stream();
    }

    public static GroupId group(String name) {
        GROUP_NAMES.add(name);
        return new GroupId(text(name));
    }

    public static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public static Reference reference(Bytes content) {
        return Reference.newBuilder()
                .setSha256(content.sha256().asByteString())
                .setSize(content.size())
                .build();
    }

    public static Bytes application(GroupId group, long epoch, String content) {
        return privateMessage(group, epoch, ContentType.APPLICATION, text(content));
    }

    public static Bytes proposal(GroupId group, long epoch, String content) {
        return privateMessage(group, epoch, ContentType.PROPOSAL, text(content));
    }

    public static Bytes commit(GroupId group, long epoch, String content) {
        return privateMessage(group, epoch, ContentType.COMMIT, text(content));
    }

    /// @param marker the beginning of the random ciphertext, so that no two messages are equal
    public static Bytes application(GroupId group, long epoch, long marker, int ciphertextBytes) {
        return privateMessage(
                group, epoch, ContentType.APPLICATION, ciphertext(marker, ciphertextBytes));
    }

    /// @param marker the beginning of the random ciphertext, so that no two messages are equal
    public static Bytes commit(GroupId group, long epoch, long marker, int ciphertextBytes) {
        return privateMessage(
                group, epoch, ContentType.COMMIT, ciphertext(marker, ciphertextBytes));
    }

    private static Bytes ciphertext(long marker, int size) {
        var bytes = new byte[Math.max(size, Long.BYTES)];
        new Random(marker).nextBytes(bytes);
        ByteBuffer.wrap(bytes).putLong(marker);
        return Bytes.wrap(bytes);
    }

    /// Pseudorandom bytes, the same for the same size.
    public static Bytes random(int size) {
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return Bytes.wrap(bytes);
    }

    public static Bytes privateMessage(
            GroupId group, long epoch, ContentType type, Bytes ciphertext) {
        return privateMessage(group.bytes(), epoch, type, ciphertext);
    }

    /// PrivateMessage (RFC 9420 §6.3).
    ///
    /// @param group may have a length that no group id has
    public static Bytes privateMessage(
            Bytes group, long epoch, ContentType type, Bytes ciphertext) {
        var out = start(WireFormats.PRIVATE_MESSAGE);
        TlsWriter.writeOpaque(out, group);
        out.writeLong(epoch).writeByte(type.wire());
        TlsWriter.writeOpaque(out, Bytes.EMPTY);
        TlsWriter.writeOpaque(out, Bytes.wrap(new byte[SENDER_DATA_BYTES]));
        TlsWriter.writeOpaque(out, ciphertext);
        return finish(out);
    }

    /// The same for any group id.
    ///
    /// @param marker the beginning of the random ciphertext, so that no two messages are equal
    public static Bytes privateMessage(
            Bytes group, long epoch, ContentType type, long marker, int ciphertextBytes) {
        return privateMessage(group, epoch, type, ciphertext(marker, ciphertextBytes));
    }

    /// PublicMessage of a client that joins by itself (RFC 9420 §12.4.3.2).
    public static Bytes externalCommit(GroupId group, long epoch, String content) {
        var out = publicStart(group, epoch, SenderType.NEW_MEMBER_COMMIT);
        out.writeByte(ContentType.COMMIT.wire()).writeByte(0).writeByte(0);
        TlsWriter.writeOpaque(out, text(content));
        TlsWriter.writeOpaque(out, text("tag"));
        return finish(out);
    }

    /// PublicMessage of a client that proposes its own addition (§12.1.8).
    public static Bytes newMemberProposal(GroupId group, long epoch, String content) {
        return publicProposal(publicStart(group, epoch, SenderType.NEW_MEMBER_PROPOSAL), content);
    }

    /// PublicMessage of one of the group's external senders.
    public static Bytes externalSenderProposal(GroupId group, long epoch, String content) {
        return publicProposal(publicStart(group, epoch, SenderType.EXTERNAL), content);
    }

    /// PublicMessage of a member that leaves (draft-ietf-mls-extensions).
    public static Bytes selfRemove(GroupId group, long epoch, String content) {
        var out = start(WireFormats.PUBLIC_MESSAGE);
        TlsWriter.writeOpaque(out, group.bytes());
        out.writeLong(epoch).writeByte(SenderType.MEMBER.wire()).writeInt(0);
        TlsWriter.writeOpaque(out, Bytes.EMPTY);
        out.writeByte(ContentType.PROPOSAL.wire()).writeShort(ProposalTypes.SELF_REMOVE);
        TlsWriter.writeOpaque(out, text(content));
        TlsWriter.writeOpaque(out, text("tag"));
        return finish(out);
    }

    private static ByteBuf publicStart(GroupId group, long epoch, SenderType sender) {
        var out = start(WireFormats.PUBLIC_MESSAGE);
        TlsWriter.writeOpaque(out, group.bytes());
        out.writeLong(epoch).writeByte(sender.wire());
        if (sender == SenderType.EXTERNAL) {
            out.writeInt(0);
        }
        TlsWriter.writeOpaque(out, Bytes.EMPTY);
        return out;
    }

    private static Bytes publicProposal(ByteBuf out, String content) {
        int remove = 3;
        out.writeByte(ContentType.PROPOSAL.wire()).writeShort(remove).writeInt(0);
        TlsWriter.writeOpaque(out, text(content));
        return finish(out);
    }

    public static Bytes groupInfo(GroupId group, long epoch) {
        var out = start(WireFormats.GROUP_INFO).writeShort(WireFormats.MLS10).writeShort(SUITE);
        TlsWriter.writeOpaque(out, group.bytes());
        out.writeLong(epoch);
        TlsWriter.writeOpaque(out, text("tree hash"));
        TlsWriter.writeOpaque(out, text("transcript hash"));
        out.writeByte(0).writeByte(0);
        TlsWriter.writeOpaque(out, text("tag"));
        out.writeInt(0);
        TlsWriter.writeOpaque(out, text("signature"));
        return finish(out);
    }

    public static Bytes welcome(List<Bytes> refs) {
        return welcome(text("encrypted group info"), refs.toArray(Bytes[]::new));
    }

    /// Welcome (RFC 9420 §12.4.3.1), about 120 bytes for each joiner.
    ///
    /// @param shared the encrypted_group_info
    public static Bytes welcome(Bytes shared, Bytes... refs) {
        var secrets = Unpooled.buffer();
        for (var ref : refs) {
            TlsWriter.writeOpaque(secrets, ref);
            TlsWriter.writeOpaque(secrets, Bytes.wrap(new byte[KEM_OUTPUT_BYTES]));
            TlsWriter.writeOpaque(secrets, secretFor(ref));
        }
        var out = start(WireFormats.WELCOME).writeShort(SUITE);
        TlsWriter.writeOpaque(out, finish(secrets));
        TlsWriter.writeOpaque(out, shared);
        return finish(out);
    }

    /// The part of a Welcome for one joiner, as long as a real one.
    public static Bytes secretFor(Bytes ref) {
        return concat(ref.sha256(), ref.sha256()).slice(0, SECRETS_BYTES);
    }

    public static Bytes vector(Bytes bytes) {
        var out = Unpooled.buffer();
        TlsWriter.writeOpaque(out, bytes);
        return finish(out);
    }

    public static Bytes concat(Bytes... parts) {
        var out = Unpooled.buffer();
        for (var part : parts) {
            part.writeTo(out);
        }
        return finish(out);
    }

    private static ByteBuf start(int wireFormat) {
        return Unpooled.buffer().writeShort(WireFormats.MLS10).writeShort(wireFormat);
    }

    private static Bytes finish(ByteBuf buffer) {
        return Bytes.copyOf(buffer, 0, buffer.readableBytes());
    }
}
