package io.lockstep.gateway.session;

import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The last handler of a session's pipeline: assembles WebSocket frames into messages, and forwards
/// Netty's events to the session.
final class SessionHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(SessionHandler.class);

    private final ClientSession session;
    private final PartialMessage partial;

    SessionHandler(ClientSession session, PartialMessage partial) {
        this.session = session;
        this.partial = partial;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof WebSocketFrame frame)) {
            throw new IllegalStateException("expected a WebSocket frame: " + message.getClass());
        }
        try {
            read(ctx, frame);
        } finally {
            frame.release();
        }
    }

    private void read(ChannelHandlerContext ctx, WebSocketFrame frame) {
        switch (frame) {
            case BinaryWebSocketFrame _ -> begin(ctx, FrameFormat.PROTO, frame);
            case TextWebSocketFrame _ -> begin(ctx, FrameFormat.JSON, frame);
            case ContinuationWebSocketFrame _ -> more(frame);
            case PingWebSocketFrame _ -> session.pinged(frame.content());
            case PongWebSocketFrame _ -> session.ponged();
            case CloseWebSocketFrame close -> session.closedByClient(close.statusCode());
            default -> throw new IllegalStateException("unknown frame " + frame.getClass());
        }
    }

    private void begin(ChannelHandlerContext ctx, FrameFormat format, WebSocketFrame frame) {
        if (format != session.format()) {
            session.close(Code.WRONG_FRAME_TYPE);
        } else if (frame.isFinalFragment()) {
            session.received(frame.content());
            partial.ended();
        } else {
            partial.begin(ctx, frame.content());
        }
    }

    private void more(WebSocketFrame frame) {
        if (!partial.isFragmented()) {
            // The rest of a message that was refused at its first fragment.
            return;
        }
        if (partial.add(frame.content()) && frame.isFinalFragment()) {
            var message = partial.take();
            try {
                session.received(message);
            } finally {
                message.release();
            }
            partial.ended();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        session.readEnds();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        session.writabilityChanged();
        partial.resumed();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        partial.close();
        session.connectionLost();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        partial.close();
    }

    /// Failures that a client or the network causes are not logged above debug level.
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        switch (cause) {
            case CorruptedWebSocketFrameException broken -> broken(broken.closeStatus());
            case IOException _ -> {
                var _ = ctx.close();
            }
            case DecoderException _ -> {
                // Its message may quote what the client sent.
                LOG.debug("connection ends: {}", cause.getClass().getSimpleName());
                var _ = ctx.close();
            }
            case OutOfMemoryError _ -> {
                session.onOutOfMemory(cause);
                var _ = ctx.close();
            }
            default -> {
                LOG.error("a session failed", cause);
                session.closeFaulty();
            }
        }
    }

    private void broken(WebSocketCloseStatus status) {
        if (status.code() == WebSocketCloseStatus.MESSAGE_TOO_BIG.code()) {
            session.close(Code.FRAME_TOO_LARGE);
        } else {
            session.closeBroken(status.code(), "broken_websocket");
        }
    }
}
