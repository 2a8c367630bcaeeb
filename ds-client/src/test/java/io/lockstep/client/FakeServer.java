package io.lockstep.client;

import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Limits;
import io.lockstep.wire.proto.Ready;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A scripted WebSocket server: accepts sessions, records their frames, and sends what the test
/// tells it to send.
public final class FakeServer implements AutoCloseable {
    private static final int SECONDS_MAX = 10;

    /// One client's session.
    public final class FakeSession extends SimpleChannelInboundHandler<WebSocketFrame> {
        private final BlockingQueue<ClientFrame> frames = new LinkedBlockingQueue<>();
        private final Channel channel;

        FakeSession(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete) {
                sessions.add(this);
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame)
                throws Exception {
            if (!(frame instanceof CloseWebSocketFrame)) {
                frames.addAll(FrameCodec.decodeClient(format, frame.content()));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            var _ = ctx.close();
        }

        public ClientFrame next() {
            return take(frames, "a frame");
        }

        public void send(ServerFrame.Builder... several) {
            for (var frame : several) {
                // The bytes are a whole WebSocket frame already: the encoder passes plain bytes on.
                var _ =
                        channel.writeAndFlush(
                                FrameCodec.encode(format, frame.build(), channel.alloc()));
            }
        }

        /// Sends bytes that are not a frame.
        public void sendRaw(byte[] bytes) {
            var _ = channel.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(bytes)));
        }

        public void drop() {
            channel.close().syncUninterruptibly();
        }

        public void close(int code) {
            channel.writeAndFlush(new CloseWebSocketFrame(code, "as told")).syncUninterruptibly();
            drop();
        }
    }

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final BlockingQueue<FakeSession> sessions = new LinkedBlockingQueue<>();
    private final FrameFormat format;
    private final Channel listening;

    public FakeServer(FrameFormat format) {
        this.format = format;
        listening =
                new ServerBootstrap()
                        .group(loops)
                        .channel(NioServerSocketChannel.class)
                        .childHandler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel c) {
                                        c.pipeline()
                                                .addLast(new HttpServerCodec())
                                                .addLast(new HttpObjectAggregator(1 << 16))
                                                .addLast(
                                                        new WebSocketServerProtocolHandler(
                                                                "/v1/ws", format.subprotocol()))
                                                .addLast(new FakeSession(c));
                                    }
                                })
                        .bind("127.0.0.1", 0)
                        .syncUninterruptibly()
                        .channel();
    }

    public URI webSocket() {
        return URI.create(
                "ws://127.0.0.1:"
                        + ((InetSocketAddress) listening.localAddress()).getPort()
                        + "/v1/ws");
    }

    public FakeSession accept() {
        return take(sessions, "a session");
    }

    /// Accepts a session and answers its hello.
    ///
    /// @param inFlightMax how many submissions it may have unanswered
    public FakeSession acceptReady(int inFlightMax) {
        var session = accept();
        session.next();
        session.send(ready(inFlightMax));
        return session;
    }

    public static ServerFrame.Builder ready(int inFlightMax) {
        return ServerFrame.newBuilder()
                .setReady(
                        Ready.newBuilder()
                                .setClient("alice/laptop")
                                .setLimits(
                                        Limits.newBuilder()
                                                .setSubmissionsInFlightMax(inFlightMax)
                                                .setPingIntervalMillis(20_000)));
    }

    public boolean hasMoreSessions() {
        return !sessions.isEmpty();
    }

    public static <T> T take(BlockingQueue<T> queue, String what) {
        try {
            var item = queue.poll(SECONDS_MAX, TimeUnit.SECONDS);
            if (item == null) {
                throw new AssertionError("no " + what + " within " + SECONDS_MAX + " s");
            }
            return item;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        var _ = listening.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
