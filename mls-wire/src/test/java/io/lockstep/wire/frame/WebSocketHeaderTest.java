package io.lockstep.wire.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WebSocketHeaderTest {
    @ParameterizedTest
    @CsvSource({
        "0, 8200",
        "125, 827d",
        "126, 827e007e",
        "65535, 827effff",
        "65536, 827f0000000000010000",
        "2147483647, 827f000000007fffffff"
    })
    @DisplayName("RFC 6455 §5.2: the length takes the fewest bytes, and the server masks nothing")
    void lengths(int length, String header) {
        var target = Unpooled.buffer();
        WebSocketHeader.write(target, FrameFormat.PROTO, length);
        assertThat(Bytes.copyOf(target, 0, target.readableBytes()).hex()).isEqualTo(header);
        assertThat(WebSocketHeader.size(length)).isEqualTo(target.readableBytes());
        target.clear();
        WebSocketHeader.write(target, FrameFormat.JSON, length);
        assertThat(Bytes.copyOf(target, 0, target.readableBytes()).hex())
                .isEqualTo("81" + header.substring(2));
    }

    /// The payload of a buffer that holds exactly one WebSocket frame.
    static ByteBuf payloadOf(ByteBuf frame, FrameFormat format) {
        assertThat(frame.getUnsignedByte(0))
                .isEqualTo((short) (format == FrameFormat.PROTO ? 0x82 : 0x81));
        int length = frame.getUnsignedByte(1);
        int header = 2;
        if (length == 126) {
            length = frame.getUnsignedShort(2);
            header = 4;
        } else if (length == 127) {
            length = Math.toIntExact(frame.getLong(2));
            header = 10;
        }
        assertThat(frame.readableBytes()).isEqualTo(header + length);
        assertThat(WebSocketHeader.size(length)).isEqualTo(header);
        return frame.slice(header, length);
    }
}
