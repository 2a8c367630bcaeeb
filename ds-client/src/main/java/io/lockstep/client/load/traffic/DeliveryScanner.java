package io.lockstep.client.load.traffic;

import io.netty.buffer.ByteBuf;

/// Finds a delivery's position and message in a frame where it lies, without making objects of it: the
/// `ServerFrame` of lockstep.proto, read by field numbers. Used again for each frame.
final class DeliveryScanner {
    private static final int SERVER_FRAME_DELIVERY = 5 << 3 | 2;
    private static final int POSITION = 2 << 3;
    private static final int MESSAGE = 6 << 3 | 2;
    private static final int REFERENCE = 7 << 3 | 2;
    private static final int WIRE_VARINT = 0;
    private static final int WIRE_BYTES = 2;

    private int at;
    long position;
    int messageIndex;
    int messageLength;
    boolean byReference;

    /// @param in borrowed
    /// @param index where a WebSocket message begins
    /// @return whether it holds one delivery and nothing else; then the fields tell of it
    boolean scan(ByteBuf in, int index, int length) {
        int end = index + length;
        at = index;
        position = 0;
        messageIndex = 0;
        messageLength = 0;
        byReference = false;
        if (length < 2 || varint(in) != end - at || varint(in) != SERVER_FRAME_DELIVERY) {
            return false;
        }
        if (varint(in) != end - at) {
            return false;
        }
        while (at < end) {
            field(in, (int) varint(in));
        }
        return at == end;
    }

    private void field(ByteBuf in, int tag) {
        switch (tag & 7) {
            case WIRE_VARINT -> {
                long value = varint(in);
                if (tag == POSITION) {
                    position = value;
                }
            }
            case WIRE_BYTES -> {
                int length = (int) varint(in);
                if (tag == MESSAGE) {
                    messageIndex = at;
                    messageLength = length;
                }
                byReference |= tag == REFERENCE;
                at += length;
            }
            default -> throw new IllegalStateException("a field of wire type " + (tag & 7));
        }
    }

    private long varint(ByteBuf in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = in.getByte(at++);
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new IllegalStateException("a varint without end");
    }
}
