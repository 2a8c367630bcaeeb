package io.lockstep.gateway.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/// Netty's decoder of WebSocket frames, which keeps what has come of a frame until it is whole. After each reading
/// it says how much that is.
final class MeteredWebSocketDecoder extends WebSocket13FrameDecoder {
    private final IntConsumer arrived;
    private final IntConsumer held;
    private final BooleanSupplier waits;

    /// @param frameBytesMax a frame that announces more is refused at its header
    /// @param arrived told how many bytes have come, before they are decoded
    /// @param held told how many bytes the buffer has that is kept for the rest of a frame; 0 between frames
    /// @param waits whether nothing is to be decoded now; [#decodeHeld] goes on
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

    /// Decodes what came while it had to wait. On the event loop.
    void decodeHeld(ChannelHandlerContext ctx) {
        try {
            channelRead(ctx, Unpooled.EMPTY_BUFFER);
        } catch (Throwable e) {
            ctx.fireExceptionCaught(e);
        }
    }

    /// A decoder of Netty asks for more bytes here where it decoded nothing, also while the channel is not to be
    /// read.
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
