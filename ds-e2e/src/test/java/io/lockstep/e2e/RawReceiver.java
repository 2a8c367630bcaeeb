package io.lockstep.e2e;

import com.google.protobuf.ByteString;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakerFactory;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import java.net.URI;
import java.util.function.LongFunction;

/// A group member on a bare WebSocket. Unlike a client library, it can stop reading.
///
/// Threads: its event loop writes the recorded state; any thread may read it.
final class RawReceiver extends SimpleChannelInboundHandler<WebSocketFrame> {
    private static final int FRAME_BYTES_MAX = 8 << 20;

    private final String name;
    private final GroupId group;
    private final LongFunction<ByteString> expected;
    private final Channel channel;
    private volatile long position;
    private volatile long firstPosition;
    private volatile boolean live;
    private volatile String fault = "";

    /// @param expected the expected message at a position
    RawReceiver(
            String name,
            GroupId group,
            URI webSocket,
            EventLoopGroup loops,
            LongFunction<ByteString> expected) {
        this.name = name;
        this.group = group;
        this.expected = expected;
        var handshake =
                WebSocketClientHandshakerFactory.newHandshaker(
                        webSocket,
                        WebSocketVersion.V13,
                        FrameFormat.PROTO.subprotocol(),
                        false,
                        new DefaultHttpHeaders(),
                        FRAME_BYTES_MAX);
        channel =
                new Bootstrap()
                        .group(loops)
                        .channel(NioSocketChannel.class)
                        .handler(
                                new ChannelInitializer<SocketChannel>() {
                                    @Override
                                    protected void initChannel(SocketChannel c) {
                                        c.pipeline()
                                                .addLast(
                                                        new HttpClientCodec(),
                                                        new HttpObjectAggregator(8192),
                                                        new WebSocketClientProtocolHandler(
                                                                handshake),
                                                        RawReceiver.this);
                                    }
                                })
                        .connect(webSocket.getHost(), webSocket.getPort())
                        .syncUninterruptibly()
                        .channel();
    }

    void stopReading() {
        channel.config().setAutoRead(false);
    }

    void readOn() {
        channel.config().setAutoRead(true);
    }

    /// The last received position; 0 before the first.
    long position() {
        return position;
    }

    long firstPosition() {
        return firstPosition;
    }

    boolean isLive() {
        return live;
    }

    /// The first error, or the empty string.
    String fault() {
        return fault;
    }

    void close() {
        channel.close().syncUninterruptibly();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == WebSocketClientProtocolHandler.ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
            var cursor = Cursor.newBuilder().setGroupId(group.bytes().asByteString());
            send(
                    ctx,
                    ClientFrame.newBuilder()
                            .setHello(
                                    Hello.newBuilder()
                                            .setToken("dev:" + name)
                                            .addResume(Attach.newBuilder().setCursor(cursor)))
                            .build());
        }
        ctx.fireUserEventTriggered(event);
    }

    private static void send(ChannelHandlerContext ctx, ClientFrame frame) {
        var _ =
                ctx.writeAndFlush(
                        new BinaryWebSocketFrame(
                                Unpooled.wrappedBuffer(
                                        FrameCodec.encodePayload(FrameFormat.PROTO, frame))));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) throws Exception {
        if (!(frame instanceof BinaryWebSocketFrame)) {
            fault = "unexpected " + frame;
            return;
        }
        for (var serverFrame : FrameCodec.decodeServer(FrameFormat.PROTO, frame.content())) {
            on(ctx, serverFrame);
        }
    }

    private void on(ChannelHandlerContext ctx, ServerFrame frame) {
        switch (frame.getBodyCase()) {
            case DELIVERY -> {
                var delivery = frame.getDelivery();
                long next = delivery.getPosition();
                if (position != 0 && next != position + 1) {
                    fault = "position " + next + " after " + position;
                } else if (!expected.apply(next).equals(delivery.getMessage())) {
                    fault = "other bytes at " + next;
                }
                if (position == 0) {
                    firstPosition = next;
                }
                position = next;
            }
            case LIVE -> live = true;
            case PING ->
                    send(
                            ctx,
                            ClientFrame.newBuilder()
                                    .setPong(Pong.newBuilder().setNonce(frame.getPing().getNonce()))
                                    .build());
            case READY, INBOX -> {}
            default -> fault = "unexpected " + frame.getBodyCase() + " " + frame;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fault = cause.toString();
        var _ = ctx.close();
    }
}
