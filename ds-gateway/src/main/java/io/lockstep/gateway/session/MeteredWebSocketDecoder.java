package io.lockstep.gateway.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/// Netty's WebSocket frame decoder, which buffers an incomplete frame. After each socket read it
/// reports how many bytes it buffers.
final class MeteredWebSocketDecoder extends WebSocket13FrameDecoder {
    private final IntConsumer arrived;
    private final IntConsumer held;
    private final BooleanSupplier waits;

    /// @param frameBytesMax a frame that announces more is refused at its header
    /// @param arrived called with the number of bytes that arrived, before they are decoded
    /// @param held called with the capacity of the buffer that is kept for the rest of a frame; 0
    ///     between frames
    /// @param waits whether nothing may be decoded now; [#decodeHeld] continues
    MeteredWebSocketDecoder(
            int frameBytesMax, IntConsumer arrived, IntConsumer held, BooleanSupplier waits) {
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
        this.waits = waits;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
            throws Exception {
        if (!waits.getAsBoolean()) {
            super.decode(ctx, in, out);
        }
    }

    /// Decodes the bytes that arrived while it had to wait. On the event loop.
    void decodeHeld(ChannelHandlerContext ctx) {
        try {
            channelRead(ctx, Unpooled.EMPTY_BUFFER);
        } catch (Throwable e) {
            ctx.fireExceptionCaught(e);
        }
    }

    /// Netty's decoder calls `read()` here if it decoded nothing, even while reading is paused.
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        if (waits.getAsBoolean()) {
            ctx.fireChannelReadComplete();
        } else {
            super.channelReadComplete(ctx);
        }
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
