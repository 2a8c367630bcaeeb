package io.lockstep.gateway.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Encodes a server's WebSocket control frames (RFC 6455 §5.5): unmasked, at most 125 bytes.
final class ControlFrames {
    private static final int CLOSE = 0x88;
    private static final int PONG = 0x8a;
    private static final int PAYLOAD_BYTES_MAX = 125;

    private ControlFrames() {}

    /// @param reason ASCII; truncated if too long
    static ByteBuf close(ByteBufAllocator allocator, int status, String reason) {
        var text = reason.getBytes(StandardCharsets.US_ASCII);
        var fitting = Arrays.copyOf(text, Math.min(text.length, PAYLOAD_BYTES_MAX - 2));
        return allocator
                .directBuffer(4 + fitting.length)
                .writeByte(CLOSE)
                .writeByte(2 + fitting.length)
                .writeShort(status)
                .writeBytes(fitting);
    }

    /// Answers a close frame that has no status.
    static ByteBuf close(ByteBufAllocator allocator) {
        return allocator.directBuffer(2).writeByte(CLOSE).writeByte(0);
    }

    /// @param payload of the ping; borrowed
    static ByteBuf pong(ByteBufAllocator allocator, ByteBuf payload) {
        int length = payload.readableBytes();
        return allocator
                .directBuffer(2 + length)
                .writeByte(PONG)
                .writeByte(length)
                .writeBytes(payload, payload.readerIndex(), length);
    }
}
