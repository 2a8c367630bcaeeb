package io.lockstep.bench.traffic;

import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Optional;

/// The number of a message in its run and its intended moment. It travels as the authenticated data
/// of a PrivateMessage, which is not encrypted (RFC 9420 §6.3). So real and synthetic messages
/// carry it in the same way.
///
/// @param number number of the message within its run
/// @param intendedNanos `System.nanoTime()` of the schedule; all processes of a machine share that
///     clock
public record Stamp(long number, long intendedNanos) {
    static final int BYTES = 16;

    private static final int GROUP_ID_AT = 4;
    private static final int EPOCH_AND_TYPE_BYTES = 9;

    public Bytes encode() {
        return Bytes.wrap(
                ByteBuffer.allocate(BYTES).putLong(number).putLong(intendedNanos).array());
    }

    /// Reads the stamp of an MLSMessage.
    ///
    /// @param message borrowed; its indices are not moved
    /// @return empty if there is none
    static Optional<Stamp> of(ByteBuf message, int index, int length) {
        int end = index + length;
        if (length < GROUP_ID_AT + 1 || message.getInt(index) != 0x0001_0002) {
            return Optional.empty();
        }
        int at = index + GROUP_ID_AT;
        at = skipVector(message, at, end) + EPOCH_AND_TYPE_BYTES;
        if (at + 1 + BYTES > end || message.getByte(at) != BYTES) {
            return Optional.empty();
        }
        return Optional.of(new Stamp(message.getLong(at + 1), message.getLong(at + 9)));
    }

    /// Reads the length of a group id, at most 255: one or two bytes (RFC 9420 §2.1.2).
    private static int skipVector(ByteBuf message, int at, int end) {
        int first = message.getUnsignedByte(at);
        if (first < 0x40 || at + 1 >= end) {
            return at + 1 + first;
        }
        return at + 2 + ((first & 0x3f) << 8 | message.getUnsignedByte(at + 1));
    }
}
