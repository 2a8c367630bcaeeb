package io.lockstep.gateway.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import java.util.function.IntConsumer;

/// Netty's decoder of WebSocket frames, which keeps what has come of a frame until it is whole. After each reading
/// it says how much that is.
final class FrameDecoder extends WebSocket13FrameDecoder {
    private final IntConsumer arrived;
    private final IntConsumer held;

    /// @param frameBytesMax a frame that announces more is refused at its header
    /// @param arrived told how many bytes have come, before they are decoded
    /// @param held told how many bytes the buffer has that is kept for the rest of a frame; 0 between frames
    FrameDecoder(int frameBytesMax, IntConsumer arrived, IntConsumer held) {
        super(
                WebSocketDecoderConfig.newBuilder()
                        .maxFramePayloadLength(frameBytesMax)
                        .expectMaskedFrames(true)
                        .allowMaskMismatch(false)
                        .allowExtensions(false)
                        .closeOnProtocolViolation(false)
                        .withUTF8Validator(false)
                        .build());
        this.arrived = arrived;
        this.held = held;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (message instanceof ByteBuf bytes) {
            arrived.accept(bytes.readableBytes());
        }
        super.channelRead(ctx, message);
        if (!ctx.isRemoved()) {
            var rest = internalBuffer();
            held.accept(rest.isReadable() ? rest.capacity() : 0);
        }
    }
}
