package io.lockstep.gateway.http;

import io.lockstep.gateway.ConnectionGate;
import io.lockstep.gateway.GatewayLimits;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;

/// The handlers of a connection that speaks HTTP; none of them stays when it becomes a session.
public final class HttpPipeline {
    private HttpPipeline() {}

    public static void add(
            ChannelPipeline pipeline, HttpService service, ConnectionGate.Ticket ticket) {
        pipeline.addLast(codec(service.limits));
        pipeline.addLast(new OneAtATime());
        pipeline.addLast(new HttpConnection(service, ticket));
    }

    private static HttpServerCodec codec(GatewayLimits.Http limits) {
        return new HttpServerCodec(
                new HttpDecoderConfig()
                        .setMaxInitialLineLength(limits.requestLineBytesMax())
                        .setMaxHeaderSize(limits.headerBytesMax()));
    }

    /// The codec last: what it has read beyond the upgrade then goes to the session's decoder.
    static void remove(ChannelPipeline pipeline) {
        pipeline.remove(HttpConnection.class);
        pipeline.remove(OneAtATime.class);
        pipeline.remove(HttpServerCodec.class);
    }
}
