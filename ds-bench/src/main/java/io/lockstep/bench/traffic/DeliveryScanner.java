package io.lockstep.bench.traffic;

import io.netty.buffer.ByteBuf;

/// Finds a delivery's position and message in place in a frame, without allocation: reads the
/// `ServerFrame` of lockstep.proto by field numbers. Reused for each frame.
final class DeliveryScanner {
    private static final int SERVER_FRAME_DELIVERY = 5 << 3 | 2;
    private static final int POSITION = 2 << 3;
    private static final int MESSAGE = 6 << 3 | 2;
    private static final int REFERENCE = 7 << 3 | 2;
    private static final int REFERENCE_SHA256 = 1 << 3 | 2;
    private static final int REFERENCE_SIZE = 2 << 3;
    private static final int SHA256_BYTES = 32;
    private static final int WIRE_VARINT = 0;
    private static final int WIRE_BYTES = 2;

    private int at;
    long position;
    int messageIndex;
    int messageLength;

    /// Length of a message by reference, whose SHA-256 is at [#messageIndex]; 0: it is inline.
    long referencedBytes;

    /// @param in borrowed
    /// @param index start of a WebSocket message
    /// @return whether it contains exactly one delivery; then the fields describe it
    boolean scan(ByteBuf in, int index, int length) {
        int end = index + length;
        at = index;
        position = 0;
        messageIndex = 0;
        messageLength = 0;
        referencedBytes = 0;
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
                if (tag == REFERENCE) {
                    reference(in, at + length);
                } else {
                    at += length;
                }
            }
            default -> throw new IllegalStateException("a field of wire type " + (tag & 7));
        }
    }

    private void reference(ByteBuf in, int end) {
        while (at < end) {
            int tag = (int) varint(in);
            if (tag == REFERENCE_SIZE) {
                referencedBytes = varint(in);
            } else if (tag == REFERENCE_SHA256 && varint(in) == SHA256_BYTES) {
                messageIndex = at;
                messageLength = SHA256_BYTES;
                at += SHA256_BYTES;
            } else {
                throw new IllegalStateException("no reference");
            }
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
