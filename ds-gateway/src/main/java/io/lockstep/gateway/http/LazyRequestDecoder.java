package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import java.util.List;

/// Decodes an HTTP object only when one is asked for. What a client sends ahead waits as bytes, which the
/// connection's ticket counts, not as objects: 64 KiB of small requests would be a megabyte of them.
final class LazyRequestDecoder extends StrictRequestDecoder {
    /// What a byte of a head costs beside the buffer: a character, and its part of the objects around it.
    private static final int OBJECTS_OF_BYTE = 2;

    private final ConnectionAdmission.AdmittedConnection ticket;
    private final SingleReadHandler asking;
    private final HttpConnection connection;
    private boolean decoding;

    /// Lines of a head were read and the rest is to come.
    private boolean headBegun;

    /// Of the head that is arriving or being answered.
    private int headBytes;

    LazyRequestDecoder(
            GatewayLimits.Http limits,
            ReceiveLimits receive,
            ConnectionAdmission.AdmittedConnection ticket,
            SingleReadHandler asking,
            HttpConnection connection) {
        super(
                new HttpDecoderConfig()
                        .setMaxInitialLineLength(limits.requestLineBytesMax())
                        .setMaxHeaderSize(limits.headerBytesMax())
                        .setHeadersFactory(new BoundedHeadersFactory(receive.headerFieldsMax()))
                        .setTrailersFactory(new BoundedHeadersFactory(receive.headerFieldsMax())));
        this.ticket = ticket;
        this.asking = asking;
        this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (decoding) {
            throw new IllegalStateException("decoding asks for no reading");
        }
        int arrived = message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
        if (connection.arrived(ctx, arrived)) {
            headBytes += arrived;
        }
        decoding = true;
        try {
            super.channelRead(ctx, message);
        } finally {
            decoding = false;
        }
        if (!ctx.isRemoved()) {
            if (asking.isWanting() && (headBegun || internalBuffer().isReadable())) {
                // It came with the request before.
                var _ = connection.arrived(ctx, 0);
            }
            count(ctx);
        }
    }

    /// Netty's decoder asks for more where it made nothing of what came.
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        if (asking.isWanting()) {
            super.channelReadComplete(ctx);
        } else {
            discardSomeReadBytes();
            ctx.fireChannelReadComplete();
        }
    }

    private void count(ChannelHandlerContext ctx) {
        if (!ticket.hold(held())) {
            connection.noRoom(ctx);
        }
    }

    private long held() {
        var waiting = internalBuffer();
        return (waiting.isReadable() ? waiting.capacity() : 0) + (long) OBJECTS_OF_BYTE * headBytes;
    }

    /// The request was answered: nothing of its head is held any more.
    void answered() {
        headBytes = 0;
        // Less than before, so there is room.
        var _ = ticket.hold(held());
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf buffer, List<Object> out)
            throws Exception {
        if (asking.isWanting()) {
            int before = buffer.readableBytes();
            super.decode(ctx, buffer, out);
            headBegun = out.isEmpty() && (headBegun || buffer.readableBytes() < before);
        }
    }

    /// Decodes of what was read before.
    void goOn(ChannelHandlerContext ctx) throws Exception {
        if (!decoding && internalBuffer().isReadable()) {
            channelRead(ctx, Unpooled.EMPTY_BUFFER);
        }
    }

    boolean isDecoding() {
        return decoding;
    }
}
