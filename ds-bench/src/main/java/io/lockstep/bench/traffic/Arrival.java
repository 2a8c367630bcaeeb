package io.lockstep.bench.traffic;

import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.util.Optional;

/// One message as the receivers of one event loop get it. The first brings the bytes; those of all
/// others must be the same.
final class Arrival {
    final GroupTraffic group;
    final long position;
    final long number;
    final long intendedNanos;
    final Bytes sha256;

    /// Of a message that goes by reference: how long it is; 0 for one that comes inline.
    final long referencedBytes;

    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    /// The bytes compared: a whole WebSocket frame, or a message where frames differ.
    private ByteBuffer reference;

    final int length;
    int count;
    long firstNanos;
    long lastNanos;

    /// @param frame borrowed; `[index, index + length)` is what later receivers are held to
    /// @param messageIndex where in the frame the message is, or the SHA-256 of one that goes by reference
    /// @param referencedBytes how long that one is; 0: the message is here
    Arrival(
            GroupTraffic group,
            long position,
            ByteBuf frame,
            int index,
            int length,
            int messageIndex,
            int messageLength,
            long referencedBytes) {
        this.group = group;
        this.position = position;
        this.length = length;
        this.referencedBytes = referencedBytes;
        var stamp =
                referencedBytes > 0
                        ? Optional.<Stamp>empty()
                        : Stamp.of(frame, messageIndex, messageLength);
        number = stamp.map(Stamp::number).orElse(-1L);
        intendedNanos = stamp.map(Stamp::intendedNanos).orElse(0L);
        var bytes = Bytes.copyOf(frame, messageIndex, messageLength);
        sha256 = referencedBytes > 0 ? bytes : bytes.sha256();
        reference = ByteBuffer.allocateDirect(length);
        reference.put(ByteBufUtil.getBytes(frame, index, length)).flip();
    }

    /// Whether the next bytes are these, to the last.
    boolean isAt(ByteBuf in, int index, int readable) {
        return readable >= length
                && reference.remaining() == length
                && in.internalNioBuffer(index, length).mismatch(reference) < 0;
    }

    void arrived(long now) {
        if (count++ == 0) {
            firstNanos = now;
        }
        lastNanos = now;
    }

    /// Nobody is left to be held to its bytes, and runs are long.
    void forgetBytes() {
        reference = NOTHING;
    }
}
