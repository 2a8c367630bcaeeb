package io.lockstep.client;

import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import java.net.InetSocketAddress;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One WebSocket connection to the server, from connect to close. Confined to its event loop.
final class WebSocketConnection extends SimpleChannelInboundHandler<WebSocketFrame> {
    /// Longest WebSocket message that the client accepts from a server. A catch-up joins many
    /// deliveries in one write, but every WebSocket message is one frame within the server's own
    /// limit.
    static final int MESSAGE_BYTES_MAX = 8 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(WebSocketConnection.class);
    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;
    private static final int BROKEN = 1006;

    /// Callbacks of a connection, on the event loop. [#closed] comes exactly once, as the last one.
    interface ConnectionListener {
        void opened(WebSocketConnection connection);

        void frame(WebSocketConnection connection, ServerFrame frame);

        void closed(WebSocketConnection connection, int code, String reason);
    }

    private final FrameFormat format;
    private final ConnectionListener listener;
    private @Nullable Channel channel;
    private int closeCode = BROKEN;
    private String closeReason = "connection lost";
    private boolean closed;

    private WebSocketConnection(FrameFormat format, ConnectionListener listener) {
        this.format = format;
        this.listener = listener;
    }

    static WebSocketConnection open(
            ClientNetwork network,
            EventLoop loop,
            ClientConfig config,
            ConnectionListener listener) {
        var connection = new WebSocketConnection(config.format(), listener);
        var uri = config.webSocket();
        boolean secure = "wss".equals(uri.getScheme());
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
        var bootstrap =
                new Bootstrap()
                        .group(loop)
                        .channel(network.channelType())
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                        .handler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel c) {
                                        if (secure) {
                                            c.pipeline()
                                                    .addLast(
                                                            network.tls()
                                                                    .newHandler(
                                                                            c.alloc(),
                                                                            uri.getHost(),
                                                                            port));
                                        }
                                        connection.addTo(c, uri);
                                    }
                                });
        config.sourceAddress()
                .ifPresent(address -> bootstrap.localAddress(new InetSocketAddress(address, 0)));
        var _ =
                bootstrap
                        .connect(uri.getHost(), port)
                        .addListener(done -> {
                            if (!done.isSuccess()) {
                                connection.failed(done.cause());
                            }
                        });
        return connection;
    }

    private void addTo(Channel target, URI uri) {
        channel = target;
        var upgrade =
                WebSocketClientProtocolConfig.newBuilder()
                        .webSocketUri(uri)
                        .version(WebSocketVersion.V13)
                        .subprotocol(format.subprotocol())
                        .customHeaders(EmptyHttpHeaders.INSTANCE)
                        .maxFramePayloadLength(MESSAGE_BYTES_MAX)
                        .handleCloseFrames(false)
                        .handshakeTimeoutMillis(CONNECT_TIMEOUT_MILLIS)
                        .build();
        target.pipeline()
                .addLast(new HttpClientCodec())
                .addLast(new HttpObjectAggregator(16 << 10))
                .addLast(new WebSocketClientProtocolHandler(upgrade))
                .addLast(new WebSocketFrameAggregator(MESSAGE_BYTES_MAX))
                .addLast(this);
    }

    void send(ClientFrame frame) {
        var open = channel;
        if (open != null && !closed) {
            var payload = Unpooled.wrappedBuffer(FrameCodec.encodePayload(format, frame));
            var message =
                    switch (format) {
                        case PROTO -> new BinaryWebSocketFrame(payload);
                        case JSON -> new TextWebSocketFrame(payload);
                    };
            var _ = open.writeAndFlush(message, open.voidPromise());
        }
    }

    /// Closes with a WebSocket close frame; [ConnectionListener#closed] follows.
    void close(int code, String reason) {
        var open = channel;
        if (open == null || closed) {
            return;
        }
        closeCode = code;
        closeReason = reason;
        var _ =
                open.writeAndFlush(new CloseWebSocketFrame(code, reason))
                        .addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == WebSocketClientProtocolHandler.ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
            listener.opened(this);
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame)
            throws MalformedFrameException {
        if (frame instanceof CloseWebSocketFrame close) {
            closeCode = close.statusCode() < 0 ? 1005 : close.statusCode();
            closeReason = close.reasonText();
            var _ = ctx.close();
            return;
        }
        for (var serverFrame : FrameCodec.decodeServer(format, frame.content())) {
            listener.frame(this, serverFrame);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ended();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("a connection fails", cause);
        failed(cause);
        var _ = ctx.close();
    }

    private void failed(Throwable cause) {
        closeReason = String.valueOf(cause.getMessage());
        var open = channel;
        if (open == null || !open.isActive()) {
            ended();
        }
    }

    private void ended() {
        if (!closed) {
            closed = true;
            listener.closed(this, closeCode, closeReason);
        }
    }
}
