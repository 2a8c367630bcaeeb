package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import java.util.List;

/// An HTTP decoder that decodes an object only on request. What a client sends ahead stays in
/// bytes, which count as the connection's, and does not become objects: 64 KiB of small requests
/// would become a megabyte of objects.
final class LazyRequestDecoder extends StrictRequestDecoder {
    /// Cost of one byte of a head in addition to the buffer: a character, and its share of the
    /// objects.
    private static final int OBJECTS_OF_BYTE = 2;

    private final ConnectionAdmission.AdmittedConnection admitted;
    private final SingleReadHandler asking;
    private final HttpConnection connection;
    private boolean decoding;

    /// Some lines of a head were read and the rest is missing.
    private boolean headBegun;

    /// Bytes of the head that is arriving or being answered.
    private int headBytes;

    LazyRequestDecoder(
            GatewayLimits.Http limits,
            ReceiveLimits receive,
            ConnectionAdmission.AdmittedConnection admitted,
            SingleReadHandler asking,
            HttpConnection connection) {
        super(
                new HttpDecoderConfig()
                        .setMaxInitialLineLength(limits.requestLineBytesMax())
                        .setMaxHeaderSize(limits.headerBytesMax())
                        .setHeadersFactory(new BoundedHeadersFactory(receive.headerFieldsMax()))
                        .setTrailersFactory(new BoundedHeadersFactory(receive.headerFieldsMax())));
        this.admitted = admitted;
        this.asking = asking;
        this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (decoding) {
            throw new IllegalStateException("channelRead within decoding");
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
                // These bytes arrived with the previous request.
                var _ = connection.arrived(ctx, 0);
            }
            count(ctx);
        }
    }

    /// Netty's decoder calls `read()` here when it decoded nothing.
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
        if (!admitted.hold(held())) {
            connection.onOverBudget(ctx);
        }
    }

    private long held() {
        var waiting = internalBuffer();
        return (waiting.isReadable() ? waiting.capacity() : 0) + (long) OBJECTS_OF_BYTE * headBytes;
    }

    /// The request was answered: its head is not held any more.
    void answered() {
        headBytes = 0;
        // This is less than before, so it fits.
        var _ = admitted.hold(held());
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

    /// Decodes bytes that were read earlier.
    void resume(ChannelHandlerContext ctx) throws Exception {
        if (!decoding && internalBuffer().isReadable()) {
            channelRead(ctx, Unpooled.EMPTY_BUFFER);
        }
    }

    boolean isDecoding() {
        return decoding;
    }
}
