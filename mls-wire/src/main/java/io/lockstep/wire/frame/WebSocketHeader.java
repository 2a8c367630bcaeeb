package io.lockstep.wire.frame;

import io.netty.buffer.ByteBuf;

/// The header of an unmasked, unfragmented WebSocket frame, as a server sends it (RFC 6455 §5.2).
///
/// ```
/// u8  FIN = 1, RSV = 000, opcode
/// u8  MASK = 0, length to 125, or 126: u16 length follows, or 127: u64 length follows
/// ```
public final class WebSocketHeader {
    private static final int FIN = 0x80;
    private static final int TEXT = 0x1;
    private static final int BINARY = 0x2;

    private WebSocketHeader() {}

    /// The size of the header before a payload of this length.
    public static int size(int payloadLength) {
        return payloadLength <= 125 ? 2 : payloadLength <= 0xffff ? 4 : 10;
    }

    /// Writes the header of one whole message: binary for PROTO, text for JSON.
    public static void write(ByteBuf target, FrameFormat format, int payloadLength) {
        int opcode =
                switch (format) {
                    case PROTO -> BINARY;
                    case JSON -> TEXT;
                };
        target.writeByte(FIN | opcode);
        switch (size(payloadLength)) {
            case 2 -> target.writeByte(payloadLength);
            case 4 -> target.writeByte(126).writeShort(payloadLength);
            default -> target.writeByte(127).writeLong(payloadLength);
        }
    }
}
