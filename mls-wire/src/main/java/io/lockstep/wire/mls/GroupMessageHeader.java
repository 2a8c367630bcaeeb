package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import io.netty.buffer.ByteBuf;
import java.util.OptionalLong;

/// A view of the public header of one framed group message. It holds only offsets into the
/// message's buffer. Reading a PrivateMessage allocates only the view. A PublicMessage must be
/// parsed to its end, which also allocates a [TlsReader]. The buffer is borrowed and must outlive
/// the view.
///
/// ```
/// PrivateMessage (RFC 9420 §6.3)           PublicMessage (§6.2)
///   u16 version, u16 wire_format = 2         u16 version, u16 wire_format = 1
///   opaque group_id<V>                       opaque group_id<V>
///   u64 epoch                                u64 epoch
///   u8 content_type                          u8 sender_type [u32 index]
///   opaque authenticated_data<V>             opaque authenticated_data<V>
///   opaque encrypted_sender_data<V>          u8 content_type, Proposal or Commit
///   opaque ciphertext<V>                     signature<V>
///                                            [confirmation_tag<V>] [membership_tag<V>]
/// ```
///
/// Reading checks the whole message, to its last byte, with one exception. A standalone Proposal of
/// a type that RFC 9420 does not define has no length. The bytes after its type are accepted
/// unchecked, and [#isContentRead] returns false. Inside a Commit an unknown proposal ends only the
/// check of the proposal list, which has a length of its own.
///
/// Beyond the encoding, what RFC 9420 forbids in any group is malformed: application content in a
/// PublicMessage (§6), a commit of an external sender or a new_member_proposal sender, anything but
/// a commit of a new_member_commit sender. The server does not support a group id of 0 or more than
/// [GroupId#BYTES_MAX] bytes, or an epoch of 2^63 or more; these are malformed too.
public final class GroupMessageHeader {
    private static final ContentType[] CONTENT_TYPES = ContentType.values();
    private static final SenderType[] SENDER_TYPES = SenderType.values();
    private static final long NO_INDEX = -1;

    private final ByteBuf buffer;

    /// Absolute index in the buffer.
    private final int groupIdIndex;

    private final int groupIdLength;
    private final long epoch;
    private final ContentType contentType;
    private final boolean isPublic;
    private final SenderType senderType;

    /// [#NO_INDEX] where the message has no sender index.
    private final long senderIndex;

    private final boolean contentRead;

    private GroupMessageHeader(
            ByteBuf buffer,
            int groupIdIndex,
            int groupIdLength,
            long epoch,
            ContentType contentType,
            boolean isPublic,
            SenderType senderType,
            long senderIndex,
            boolean contentRead) {
        this.buffer = buffer;
        this.groupIdIndex = groupIdIndex;
        this.groupIdLength = groupIdLength;
        this.epoch = epoch;
        this.contentType = contentType;
        this.isPublic = isPublic;
        this.senderType = senderType;
        this.senderIndex = senderIndex;
        this.contentRead = contentRead;
    }

    /// Reads the buffer's readable bytes, which must be one whole MLSMessage with a PrivateMessage
    /// or PublicMessage.
    ///
    /// @param buffer borrowed; no index of it moves
    public static GroupMessageHeader read(ByteBuf buffer) throws MalformedMessageException {
        int wireFormat = MlsMessageReader.wireFormat(buffer);
        try {
            return switch (wireFormat) {
                case WireFormats.PRIVATE_MESSAGE -> readPrivate(buffer);
                case WireFormats.PUBLIC_MESSAGE -> readPublic(buffer);
                default ->
                        throw new MalformedMessageException(
                                Code.WRONG_MESSAGE_KIND,
                                "wire format " + wireFormat + " is not a message of a group",
                                2);
            };
        } catch (MalformedEncodingException e) {
            throw MalformedMessageException.of(e);
        }
    }

    // The two framings have separate methods, each with a reader of its own. The JIT inlines the
    // shorter method completely, and its reader is never allocated on the heap.

    private static GroupMessageHeader readPrivate(ByteBuf buffer)
            throws MalformedEncodingException {
        var in = new TlsReader(buffer);
        in.skip(4);
        int groupIdLength = groupId(in);
        int groupIdIndex = buffer.readerIndex() + in.offset() - groupIdLength;
        long epoch = epoch(in);
        var contentType = contentType(in);
        in.skipOpaque();
        in.skipOpaque();
        in.skipOpaque();
        in.finish();
        return new GroupMessageHeader(
                buffer,
                groupIdIndex,
                groupIdLength,
                epoch,
                contentType,
                false,
                SenderType.MEMBER,
                NO_INDEX,
                true);
    }

    private static GroupMessageHeader readPublic(ByteBuf buffer) throws MalformedEncodingException {
        var in = new TlsReader(buffer);
        in.skip(4);
        int groupIdLength = groupId(in);
        int groupIdIndex = buffer.readerIndex() + in.offset() - groupIdLength;
        long epoch = epoch(in);
        var senderType = senderType(in);
        long senderIndex =
                switch (senderType) {
                    case MEMBER, EXTERNAL -> in.u32();
                    case NEW_MEMBER_PROPOSAL, NEW_MEMBER_COMMIT -> NO_INDEX;
                };
        in.skipOpaque();
        var contentType = publicContentType(in, senderType);
        boolean contentRead = PublicContent.read(in, null, contentType, senderType);
        in.finish();
        return new GroupMessageHeader(
                buffer,
                groupIdIndex,
                groupIdLength,
                epoch,
                contentType,
                true,
                senderType,
                senderIndex,
                contentRead);
    }

    /// @return its length; the reader is after it
    static int groupId(TlsReader in) throws MalformedEncodingException {
        int at = in.offset();
        int length = in.skipOpaque();
        if (length == 0 || length > GroupId.BYTES_MAX) {
            throw new MalformedEncodingException(
                    "a group id must have 1 to " + GroupId.BYTES_MAX + " bytes, not " + length, at);
        }
        return length;
    }

    static long epoch(TlsReader in) throws MalformedEncodingException {
        int at = in.offset();
        long epoch = in.u64();
        if (epoch < 0) {
            throw new MalformedEncodingException("the epoch must be below 2^63", at);
        }
        return epoch;
    }

    static ContentType contentType(TlsReader in) throws MalformedEncodingException {
        int at = in.offset();
        int wire = in.u8();
        if (wire < 1 || wire > CONTENT_TYPES.length) {
            throw new MalformedEncodingException(
                    "a content type must be 1, 2 or 3, not " + wire, at);
        }
        return CONTENT_TYPES[wire - 1];
    }

    static SenderType senderType(TlsReader in) throws MalformedEncodingException {
        int at = in.offset();
        int wire = in.u8();
        if (wire < 1 || wire > SENDER_TYPES.length) {
            throw new MalformedEncodingException("a sender type must be 1 to 4, not " + wire, at);
        }
        return SENDER_TYPES[wire - 1];
    }

    static ContentType publicContentType(TlsReader in, SenderType sender)
            throws MalformedEncodingException {
        int at = in.offset();
        var contentType = contentType(in);
        boolean allowed =
                switch (contentType) {
                    case APPLICATION -> false;
                    case PROPOSAL -> sender != SenderType.NEW_MEMBER_COMMIT;
                    case COMMIT ->
                            sender == SenderType.MEMBER || sender == SenderType.NEW_MEMBER_COMMIT;
                };
        if (!allowed) {
            throw new MalformedEncodingException(
                    "a PublicMessage with content "
                            + contentType.wire()
                            + " from a sender of type "
                            + sender.wire(),
                    at);
        }
        return contentType;
    }

    /// Copies the group id.
    public GroupId groupId() {
        return new GroupId(Bytes.copyOf(buffer, groupIdIndex, groupIdLength));
    }

    public long epoch() {
        return epoch;
    }

    public ContentType contentType() {
        return contentType;
    }

    /// Whether it is a PublicMessage; otherwise it is a PrivateMessage.
    public boolean isPublic() {
        return isPublic;
    }

    /// The sender type. A PrivateMessage is always from a member, whose identity is encrypted.
    public SenderType senderType() {
        return senderType;
    }

    /// The leaf index of a PublicMessage's member, or the index of its external sender.
    public OptionalLong senderIndex() {
        return senderIndex == NO_INDEX ? OptionalLong.empty() : OptionalLong.of(senderIndex);
    }

    /// False if part of the content was not checked, because of a proposal of a type that RFC 9420
    /// does not define.
    public boolean isContentRead() {
        return contentRead;
    }

    /// A copy as a value that does not reference the buffer.
    public GroupMessage toMessage() {
        return isPublic
                ? new PublicMessage(groupId(), epoch, contentType, senderType, senderIndex())
                : new PrivateMessage(groupId(), epoch, contentType);
    }
}
