package io.lockstep.client.member;

import io.lockstep.client.LogCursor;
import io.lockstep.client.member.OwnProposals.Proposed;
import io.lockstep.client.mls.MlsException;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The serialized state of a device between two runs.
///
/// Layout, integers big-endian, `<b>` bytes after their u32 length: `u32 version, <name>, <MLS
/// state>, u32 n, n × conversation`; a conversation is `<group>, <incarnation>, u64 position,
/// <head>, u8 removed, u32 n, n × (<sha256>, <plaintext>), u32 n, n × (<sha256>, u8 add, <subject>,
/// u64 position), u32 n, n × <identity of a departed member>`. Version 1 lacks the departed members.
///
/// @param mls the engine's own format; its groups are in the order of the conversations
record SavedDevice(String name, Bytes mls, List<SavedConversation> conversations) {
    private static final int VERSION_1 = 0x4c534431;
    private static final int VERSION = 0x4c534432;

    /// @param ownMessages plaintexts of own messages that the log has not delivered yet, by SHA-256
    ///     of the message
    record SavedConversation(
            LogCursor cursor,
            boolean removed,
            Map<Bytes, Bytes> ownMessages,
            List<Proposed> ownProposals,
            List<Bytes> departed) {
        SavedConversation {
            ownMessages = Map.copyOf(ownMessages);
            ownProposals = List.copyOf(ownProposals);
            departed = List.copyOf(departed);
        }
    }

    SavedDevice {
        conversations = List.copyOf(conversations);
    }

    Bytes encode() {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.writeInt(VERSION);
            write(out, MemberDevice.identityOf(name));
            write(out, mls);
            out.writeInt(conversations.size());
            for (var conversation : conversations) {
                write(out, conversation);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Bytes.wrap(bytes.toByteArray());
    }

    private static void write(DataOutputStream out, SavedConversation saved) throws IOException {
        write(out, saved.cursor.group().bytes());
        write(out, saved.cursor.incarnation());
        out.writeLong(saved.cursor.position());
        write(out, saved.cursor.head());
        out.writeBoolean(saved.removed);
        out.writeInt(saved.ownMessages.size());
        for (var own : saved.ownMessages.entrySet()) {
            write(out, own.getKey());
            write(out, own.getValue());
        }
        out.writeInt(saved.ownProposals.size());
        for (var own : saved.ownProposals) {
            write(out, own.sha256());
            out.writeBoolean(own.add());
            write(out, own.subject());
            out.writeLong(own.position());
        }
        out.writeInt(saved.departed.size());
        for (var identity : saved.departed) {
            write(out, identity);
        }
    }

    private static void write(DataOutputStream out, Bytes bytes) throws IOException {
        out.writeInt(bytes.size());
        out.write(bytes.toArray());
    }

    static SavedDevice decode(Bytes bytes) {
        try (var in = new DataInputStream(new ByteArrayInputStream(bytes.toArray()))) {
            int version = in.readInt();
            if (version != VERSION && version != VERSION_1) {
                throw new MlsException(
                        "the state was saved by another version of this program and cannot"
                                + " be read");
            }
            var name = MemberDevice.nameOf(read(in));
            var mls = read(in);
            var conversations = new ArrayList<SavedConversation>();
            for (int i = in.readInt(); i > 0; i--) {
                conversations.add(conversation(in, version));
            }
            return new SavedDevice(name, mls, conversations);
        } catch (IOException e) {
            throw new MlsException("the state is damaged", e);
        }
    }

    private static SavedConversation conversation(DataInputStream in, int version)
            throws IOException {
        var cursor = new LogCursor(new GroupId(read(in)), read(in), in.readLong(), read(in));
        boolean removed = in.readBoolean();
        var messages = new LinkedHashMap<Bytes, Bytes>();
        for (int i = in.readInt(); i > 0; i--) {
            messages.put(read(in), read(in));
        }
        var proposals = new ArrayList<Proposed>();
        for (int i = in.readInt(); i > 0; i--) {
            proposals.add(new Proposed(read(in), in.readBoolean(), read(in), in.readLong()));
        }
        var departed = new ArrayList<Bytes>();
        for (int i = version == VERSION_1 ? 0 : in.readInt(); i > 0; i--) {
            departed.add(read(in));
        }
        return new SavedConversation(cursor, removed, messages, proposals, departed);
    }

    private static Bytes read(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("a length exceeds the remaining bytes");
        }
        return Bytes.wrap(in.readNBytes(length));
    }
}
