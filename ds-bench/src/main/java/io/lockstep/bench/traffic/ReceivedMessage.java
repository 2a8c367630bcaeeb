package io.lockstep.bench.traffic;

import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.util.Optional;

/// One message at the receivers of one event loop. The first receiver provides the bytes; all
/// others must get the same.
final class ReceivedMessage {
    final GroupTraffic group;
    final long position;
    final long number;
    final long intendedNanos;
    final Bytes sha256;

    /// Length of a message by reference; 0: it came inline.
    final long referencedBytes;

    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    /// The bytes to compare: a whole WebSocket frame, or only the message if frames differ.
    private ByteBuffer reference;

    final int length;
    int count;
    long firstNanos;
    long lastNanos;

    /// @param frame borrowed; later receivers must get the bytes `[index, index + length)`
    /// @param messageIndex index of the message in the frame, or of the SHA-256 of a message by
    ///     reference
    /// @param referencedBytes length of a message by reference; 0: it is inline
    ReceivedMessage(
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

    /// Whether the next bytes equal these completely.
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

    /// Releases the bytes: all receivers have been compared, and runs are long.
    void forgetBytes() {
        reference = NOTHING;
    }
}
