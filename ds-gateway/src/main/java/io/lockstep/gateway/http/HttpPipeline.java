package io.lockstep.gateway.http;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.netty.channel.ChannelPipeline;

/// Adds the handlers of an HTTP connection, and removes all of them when it becomes a session.
public final class HttpPipeline {
    private HttpPipeline() {}

    public static void add(
            ChannelPipeline pipeline,
            HttpContext context,
            ConnectionAdmission.AdmittedConnection admitted) {
        var asking = new SingleReadHandler();
        var answers = new ResponseEncoder();
        var connection = new HttpConnection(context, pipeline.channel(), admitted, answers);
        pipeline.addLast(
                new LazyRequestDecoder(
                        context.limits, context.receive, admitted, asking, connection));
        pipeline.addLast(answers);
        pipeline.addLast(asking);
        pipeline.addLast(connection);
    }

    /// Removes the decoder last: the bytes that it read after the upgrade then go to the session's
    /// decoder.
    static void remove(ChannelPipeline pipeline) {
        pipeline.remove(HttpConnection.class);
        pipeline.remove(SingleReadHandler.class);
        pipeline.remove(ResponseEncoder.class);
        pipeline.remove(LazyRequestDecoder.class);
    }
}
