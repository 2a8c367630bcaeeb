package io.lockstep.bench.traffic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A minimal WebSocket client in one handler (RFC 6455), for low cost in the receivers' processes:
/// no frame objects, no aggregation, and no copies except of a split frame.
///
/// It checks only the status of the server's handshake, masks with a key of zeros, and handles each
/// fragment of a message by itself. That suits measurements, not production.
abstract class LeanWebSocket extends ChannelInboundHandlerAdapter {
    private static final int CONTINUATION = 0x0;
    private static final int TEXT = 0x1;
    private static final int BINARY = 0x2;
    private static final int CLOSE = 0x8;
    private static final int PING = 0x9;
    private static final int PONG = 0xa;
    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final int HEAD_BYTES_MAX = 16 << 10;

    private static final int NO_STATUS = 1005;

    private final Endpoint endpoint;
    private boolean upgraded;
    private int closeCode = NO_STATUS;

    /// The start of an incomplete frame.
    private @Nullable ByteBuf held;

    protected @Nullable ChannelHandlerContext context;

    LeanWebSocket(Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    abstract void opened();

    /// Takes a frame without parsing it, if it is the expected one.
    ///
    /// @param in at the start of a frame, which may be incomplete
    /// @return whether it took the frame and moved the reader index behind it
    abstract boolean takeExpected(ByteBuf in, long now);

    /// @param in borrowed; the frame is `[frame, payload + length)`
    abstract void received(ByteBuf in, int frame, int payload, int length, long now);

    /// Called after all readable bytes were handled.
    abstract void pause();

    /// Called once, as the last callback.
    abstract void ended(String why);

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        context = ctx;
        var _ =
                ctx.writeAndFlush(
                        Unpooled.wrappedBuffer(
                                endpoint.upgradeRequest().getBytes(StandardCharsets.US_ASCII)));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        long now = System.nanoTime();
        var in = (ByteBuf) message;
        var before = held;
        boolean inPieces = before != null;
        if (before != null) {
            before.writeBytes(in);
            in.release();
            in = before;
            held = null;
        }
        try {
            if (upgraded || upgrade(in)) {
                frames(ctx, in, now);
            }
            if (in.isReadable() && ctx.channel().isActive()) {
                // Grows as needed; split frames are rare.
                held = inPieces ? in.retain() : ctx.alloc().buffer().writeBytes(in);
                if (inPieces) {
                    in.discardReadBytes();
                }
            }
        } finally {
            in.release();
        }
        pause();
    }

    private boolean upgrade(ByteBuf in) {
        for (int i = in.readerIndex(); i + 4 <= in.writerIndex(); i++) {
            if (in.getInt(i) == 0x0d0a_0d0a) {
                var head =
                        in.toString(
                                in.readerIndex(), i - in.readerIndex(), StandardCharsets.US_ASCII);
                if (!head.startsWith("HTTP/1.1 101")) {
                    throw new IllegalStateException(
                            "no upgrade: " + head.lines().findFirst().orElse(""));
                }
                in.readerIndex(i + 4);
                upgraded = true;
                opened();
                return true;
            }
        }
        if (in.readableBytes() > HEAD_BYTES_MAX) {
            throw new IllegalStateException("no end of the answer's head");
        }
        return false;
    }

    private void frames(ChannelHandlerContext ctx, ByteBuf in, long now) {
        while (in.readableBytes() >= 2) {
            if (takeExpected(in, now)) {
                continue;
            }
            int frame = in.readerIndex();
            int payload = FrameHeaderReader.payloadIndex(in, frame, in.writerIndex());
            if (payload < 0) {
                return;
            }
            long length = FrameHeaderReader.length(in, frame);
            if (in.writerIndex() - payload < length) {
                return;
            }
            in.readerIndex(payload + (int) length);
            take(ctx, in, frame, payload, (int) length, now);
        }
    }

    private void take(
            ChannelHandlerContext ctx, ByteBuf in, int frame, int payload, int length, long now) {
        switch (in.getByte(frame) & 0x0f) {
            case CONTINUATION, TEXT, BINARY -> received(in, frame, payload, length, now);
            case PING -> {
                write(ctx, PONG, in.slice(payload, length).copy());
                ctx.flush();
            }
            case PONG -> {}
            case CLOSE -> {
                var reason = "";
                if (length >= 2) {
                    closeCode = in.getUnsignedShort(payload);
                    reason = in.toString(payload + 2, length - 2, StandardCharsets.UTF_8);
                }
                throw new IllegalStateException("closed: " + closeCode + " " + reason);
            }
            default -> throw new IllegalStateException("a frame of an unknown kind");
        }
    }

    /// Returns the close code of the server.
    final int closeCode() {
        return closeCode;
    }

    /// Sends one message, masked with zeros.
    final void send(byte[] payload) {
        sendAll(List.of(payload));
    }

    /// Sends several messages in one write.
    final void sendAll(List<byte[]> payloads) {
        var ctx = context;
        if (ctx != null) {
            for (var payload : payloads) {
                write(ctx, BINARY, Unpooled.wrappedBuffer(payload));
            }
            ctx.flush();
        }
    }

    /// @param payload released
    private static void write(ChannelHandlerContext ctx, int opcode, ByteBuf payload) {
        int length = payload.readableBytes();
        var frame = ctx.alloc().directBuffer(14 + length);
        frame.writeByte(FIN | opcode);
        if (length <= 125) {
            frame.writeByte(MASKED | length);
        } else if (length <= 0xffff) {
            frame.writeByte(MASKED | 126).writeShort(length);
        } else {
            frame.writeByte(MASKED | 127).writeLong(length);
        }
        frame.writeInt(0).writeBytes(payload);
        payload.release();
        var _ = ctx.write(frame, ctx.voidPromise());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        end("connection lost");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        end(String.valueOf(cause.getMessage()));
        var _ = ctx.close();
    }

    private volatile boolean over;

    final boolean isOver() {
        return over;
    }

    final void end(String why) {
        if (!over) {
            over = true;
            if (held != null) {
                held.release();
                held = null;
            }
            ended(why);
        }
    }
}
