package io.lockstep.gateway.session;

import io.lockstep.gateway.ConnectionGate;
import io.lockstep.gateway.http.SessionStarter;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;

/// The handlers of a session: a frame decoder and the session. Outgoing bytes pass no handler at all
/// (but TLS): each one costs on every write.
public final class SessionPipeline implements SessionStarter {
    private final SessionContext context;
    private final WebSocketDecoderConfig decoding;
    private final WriteBufferWaterMark marks;

    public SessionPipeline(SessionContext context) {
        this.context = context;
        this.decoding =
                WebSocketDecoderConfig.newBuilder()
                        .maxFramePayloadLength(context.limits().frameBytesMax())
                        .expectMaskedFrames(true)
                        .allowMaskMismatch(false)
                        .allowExtensions(false)
                        .closeOnProtocolViolation(false)
                        .withUTF8Validator(false)
                        .build();
        this.marks =
                new WriteBufferWaterMark(
                        context.limits().writeLowBytes(), context.limits().writeHighBytes());
    }

    @Override
    public void start(ChannelPipeline pipeline, FrameFormat format, ConnectionGate.Ticket ticket) {
        var channel = pipeline.channel();
        channel.config().setWriteBufferWaterMark(marks);
        var session = new ClientSession(context, channel, format, ticket);
        pipeline.addLast(new WebSocket13FrameDecoder(decoding));
        pipeline.addLast(new SessionHandler(session, context.limits().frameBytesMax()));
        session.start();
    }
}
