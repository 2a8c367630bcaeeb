package io.lockstep.gateway;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Reference;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// MLSMessages whose public parts are right and whose secret parts are filler: all a Delivery Service can
/// tell. Written by hand after RFC 9420 §6 and §12.4.3.
public final class MlsBytes {
    private static final int PUBLIC = 1;
    private static final int PRIVATE = 2;
    private static final int APPLICATION = 1;
    private static final int PROPOSAL = 2;
    private static final int COMMIT = 3;
    private static final int EXTERNAL_SENDER = 2;
    private static final int NEW_MEMBER_PROPOSAL = 3;
    private static final int NEW_MEMBER_COMMIT = 4;
    private static final int SUITE = 1;

    private MlsBytes() {}

    public static GroupId group(String name) {
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
        return privateMessage(group, epoch, APPLICATION, text(content));
    }

    public static Bytes proposal(GroupId group, long epoch, String content) {
        return privateMessage(group, epoch, PROPOSAL, text(content));
    }

    public static Bytes commit(GroupId group, long epoch, String content) {
        return privateMessage(group, epoch, COMMIT, text(content));
    }

    public static Bytes privateMessage(GroupId group, long epoch, int contentType, Bytes content) {
        var out = start(PRIVATE);
        TlsWriter.writeOpaque(out, group.bytes());
        out.writeLong(epoch).writeByte(contentType);
        TlsWriter.writeOpaque(out, Bytes.EMPTY);
        TlsWriter.writeOpaque(out, text("sender"));
        TlsWriter.writeOpaque(out, content);
        return finish(out);
    }

    /// PublicMessage of a client that joins by itself (RFC 9420 §12.4.3.2).
    public static Bytes externalCommit(GroupId group, long epoch, String content) {
        var out = publicStart(group, epoch, NEW_MEMBER_COMMIT);
        out.writeByte(COMMIT).writeByte(0).writeByte(0);
        TlsWriter.writeOpaque(out, text(content));
        TlsWriter.writeOpaque(out, text("tag"));
        return finish(out);
    }

    /// PublicMessage of a client that proposes its own addition (§12.1.8).
    public static Bytes newMemberProposal(GroupId group, long epoch, String content) {
        return publicProposal(publicStart(group, epoch, NEW_MEMBER_PROPOSAL), content);
    }

    /// PublicMessage of one of the group's external senders.
    public static Bytes externalSenderProposal(GroupId group, long epoch, String content) {
        return publicProposal(publicStart(group, epoch, EXTERNAL_SENDER), content);
    }

    private static ByteBuf publicStart(GroupId group, long epoch, int senderType) {
        var out = start(PUBLIC);
        TlsWriter.writeOpaque(out, group.bytes());
        out.writeLong(epoch).writeByte(senderType);
        if (senderType == EXTERNAL_SENDER) {
            out.writeInt(0);
        }
        TlsWriter.writeOpaque(out, Bytes.EMPTY);
        return out;
    }

    private static Bytes publicProposal(ByteBuf out, String content) {
        int remove = 3;
        out.writeByte(PROPOSAL).writeShort(remove).writeInt(0);
        TlsWriter.writeOpaque(out, text(content));
        return finish(out);
    }

    public static Bytes groupInfo(GroupId group, long epoch) {
        var out = start(4).writeShort(1).writeShort(SUITE);
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

    /// @param shared the encrypted_group_info
    public static Bytes welcome(Bytes shared, Bytes... refs) {
        var secrets = Unpooled.buffer();
        for (var ref : refs) {
            TlsWriter.writeOpaque(secrets, ref);
            TlsWriter.writeOpaque(secrets, text("kem"));
            TlsWriter.writeOpaque(secrets, text("secret"));
        }
        var out = start(3).writeShort(SUITE);
        TlsWriter.writeOpaque(out, finish(secrets));
        TlsWriter.writeOpaque(out, shared);
        return finish(out);
    }

    private static ByteBuf start(int wireFormat) {
        return Unpooled.buffer().writeShort(1).writeShort(wireFormat);
    }

    private static Bytes finish(ByteBuf buffer) {
        return Bytes.copyOf(buffer, 0, buffer.readableBytes());
    }
}
