package io.lockstep.bench.traffic;

import io.netty.buffer.ByteBuf;

/// Parses the header of an unmasked WebSocket frame in place (RFC 6455 §5.2). Stateless.
final class FrameHeaderReader {
    private static final int LENGTH_16 = 126;
    private static final int LENGTH_64 = 127;

    private FrameHeaderReader() {}

    /// @return index of the payload, or -1 while the header is incomplete
    static int payloadIndex(ByteBuf in, int frame, int end) {
        if (end - frame < 2) {
            return -1;
        }
        int size =
                switch (in.getByte(frame + 1) & 0x7f) {
                    case LENGTH_16 -> 4;
                    case LENGTH_64 -> 10;
                    default -> 2;
                };
        return end - frame < size ? -1 : frame + size;
    }

    /// Returns the length of the payload. The header must be complete.
    static long length(ByteBuf in, int frame) {
        int first = in.getUnsignedByte(frame + 1);
        if ((first & 0x80) != 0) {
            throw new IllegalStateException("a server's frame is masked");
        }
        return switch (first) {
            case LENGTH_16 -> in.getUnsignedShort(frame + 2);
            case LENGTH_64 -> in.getLong(frame + 2);
            default -> first;
        };
    }
}
