package io.lockstep.wire.frame;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Kind;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/// Encodes a delivery once for all its receivers: one complete, unmasked WebSocket frame that
/// contains one ServerFrame. Such frames may be joined end to end.
///
/// In PROTO the size is computed first and the bytes are written once, into one direct buffer:
///
/// ```
/// WebSocket header
/// varint  length of the ServerFrame
/// 0x2a varint  length of the Delivery                 ServerFrame.delivery = 5
/// 0x0a varint bytes  group_id            0x20 varint  epoch
/// 0x10 varint  position                  0x28 varint  accepted_at_millis
/// 0x18 varint  kind                      0x32 varint bytes  message
/// ```
///
/// As in protobuf, a field with value 0 or no bytes is omitted, so that the bytes equal those of
/// the generated encoder.
public final class DeliveryEncoder {
    private static final int FRAME_DELIVERY = 5 << 3 | 2;
    private static final int GROUP_ID = 1 << 3 | 2;
    private static final int POSITION = 2 << 3;
    private static final int KIND = 3 << 3;
    private static final int EPOCH = 4 << 3;
    private static final int ACCEPTED_AT_MILLIS = 5 << 3;
    private static final int MESSAGE = 6 << 3 | 2;

    private DeliveryEncoder() {}

    /// @param position 0 if ephemeral
    /// @param kind not UNRECOGNIZED
    /// @param acceptedAtMillis milliseconds since 1970
    /// @return a buffer of exactly [#size] bytes, released by the caller
    public static ByteBuf encode(
            FrameFormat format,
            ByteBufAllocator allocator,
            GroupId group,
            long position,
            Kind kind,
            long epoch,
            long acceptedAtMillis,
            Bytes message) {
        return switch (format) {
            case PROTO ->
                    encodeProto(allocator, group, position, kind, epoch, acceptedAtMillis, message);
            case JSON ->
                    FrameCodec.encode(
                            format,
                            generated(group, position, kind, epoch, acceptedAtMillis, message),
                            allocator);
        };
    }

    /// The number of bytes that [#encode] writes, WebSocket header included. For JSON this encodes
    /// the delivery.
    public static int size(
            FrameFormat format,
            GroupId group,
            long position,
            Kind kind,
            long epoch,
            long acceptedAtMillis,
            Bytes message) {
        int payloadSize =
                switch (format) {
                    case PROTO -> {
                        int frameSize =
                                nestedSize(
                                        deliverySize(
                                                group,
                                                position,
                                                kind,
                                                epoch,
                                                acceptedAtMillis,
                                                message));
                        yield varintSize(frameSize) + frameSize;
                    }
                    case JSON ->
                            JsonFrames.utf8Size(
                                    generated(
                                            group,
                                            position,
                                            kind,
                                            epoch,
                                            acceptedAtMillis,
                                            message));
                };
        return WebSocketHeader.size(payloadSize) + payloadSize;
    }

    private static ByteBuf encodeProto(
            ByteBufAllocator allocator,
            GroupId group,
            long position,
            Kind kind,
            long epoch,
            long acceptedAtMillis,
            Bytes message) {
        int deliverySize = deliverySize(group, position, kind, epoch, acceptedAtMillis, message);
        int frameSize = nestedSize(deliverySize);
        int payloadSize = varintSize(frameSize) + frameSize;
        int size = WebSocketHeader.size(payloadSize) + payloadSize;
        var target = allocator.directBuffer(size, size);
        WebSocketHeader.write(target, FrameFormat.PROTO, payloadSize);
        writeVarint(target, frameSize);
        writeTagged(target, FRAME_DELIVERY, deliverySize);
        writeBytes(target, GROUP_ID, group.bytes());
        writeNumber(target, POSITION, position);
        writeNumber(target, KIND, kind.getNumber());
        writeNumber(target, EPOCH, epoch);
        writeNumber(target, ACCEPTED_AT_MILLIS, acceptedAtMillis);
        writeBytes(target, MESSAGE, message);
        return target;
    }

    private static ServerFrame generated(
            GroupId group,
            long position,
            Kind kind,
            long epoch,
            long acceptedAtMillis,
            Bytes message) {
        return ServerFrame.newBuilder()
                .setDelivery(
                        Delivery.newBuilder()
                                .setGroupId(group.bytes().asByteString())
                                .setPosition(position)
                                .setKind(kind)
                                .setEpoch(epoch)
                                .setAcceptedAtMillis(acceptedAtMillis)
                                .setMessage(message.asByteString()))
                .build();
    }

    private static int deliverySize(
            GroupId group,
            long position,
            Kind kind,
            long epoch,
            long acceptedAtMillis,
            Bytes message) {
        return bytesSize(group.bytes())
                + numberSize(position)
                + numberSize(kind.getNumber())
                + numberSize(epoch)
                + numberSize(acceptedAtMillis)
                + bytesSize(message);
    }

    private static int nestedSize(int size) {
        return 1 + varintSize(size) + size;
    }

    private static int bytesSize(Bytes bytes) {
        return bytes.isEmpty() ? 0 : nestedSize(bytes.size());
    }

    private static int numberSize(long value) {
        return value == 0 ? 0 : 1 + varintSize(value);
    }

    private static void writeBytes(ByteBuf target, int tag, Bytes bytes) {
        if (!bytes.isEmpty()) {
            writeTagged(target, tag, bytes.size());
            bytes.writeTo(target);
        }
    }

    private static void writeNumber(ByteBuf target, int tag, long value) {
        if (value != 0) {
            writeTagged(target, tag, value);
        }
    }

    /// Seven bits per byte; unsigned.
    private static int varintSize(long value) {
        return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
    }

    /// Writes a tag and a varint. Each call on a buffer costs more than the byte that it writes.
    /// Therefore up to eight bytes are assembled in a register and stored at once, where the buffer
    /// has room for eight. Later writes overwrite the surplus bytes.
    private static void writeTagged(ByteBuf target, int tag, long value) {
        int size = varintSize(value);
        if (size > 7 || target.writableBytes() < 8) {
            target.writeByte(tag);
            writeVarint(target, value);
            return;
        }
        long sevens = Long.expand(value, 0x7f7f_7f7f_7f7f_7f7fL);
        long continued = 0x8080_8080_8080_8080L & ((1L << (8 * (size - 1))) - 1);
        int index = target.writerIndex();
        target.setLongLE(index, (sevens | continued) << 8 | tag);
        target.writerIndex(index + 1 + size);
    }

    private static void writeVarint(ByteBuf target, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            target.writeByte(((int) rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        target.writeByte((int) rest);
    }
}
