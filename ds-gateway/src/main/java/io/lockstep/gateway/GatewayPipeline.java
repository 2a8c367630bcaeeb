package io.lockstep.gateway;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.connection.EventLoopTasks;
import io.lockstep.gateway.connection.GatewayMetrics;
import io.lockstep.gateway.connection.TlsFailure;
import io.lockstep.gateway.http.HttpConnection;
import io.lockstep.gateway.http.HttpContext;
import io.lockstep.gateway.http.HttpPipeline;
import io.lockstep.gateway.limits.GatewayLimits;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.ssl.SslContext;
import java.util.Optional;

/// Sets up a new connection: admission, PROXY header, TLS if configured, and HTTP.
final class GatewayPipeline extends ChannelInitializer<Channel> {
    private final ConnectionAdmission admission;
    private final GatewayMetrics metrics;
    private final Optional<SslContext> tls;
    private final HttpContext http;
    private final GatewayLimits limits;
    private final ConnectionRejector refused = new ConnectionRejector();

    GatewayPipeline(
            ConnectionAdmission admission,
            GatewayMetrics metrics,
            Optional<SslContext> tls,
            HttpContext http,
            GatewayLimits limits) {
        this.admission = admission;
        this.metrics = metrics;
        this.tls = tls;
        this.http = http;
        this.limits = limits;
    }

    @Override
    protected void initChannel(Channel channel) {
        var peer = channel.remoteAddress();
        var slot = admission.admit(http.addresses().network(peer));
        if (slot.isEmpty()) {
            metrics.connectionRefused();
            refused.close(channel, tls.isEmpty());
            return;
        }
        var admitted = slot.get();
        channel.closeFuture().addListener(_ -> admitted.closed());
        admitted.onEviction(() -> EventLoopTasks.run(channel.eventLoop(), () -> close(channel)));
        if (http.addresses().sendsProxyHeader(peer)) {
            channel.pipeline()
                    .addLast(
                            new HAProxyMessageDecoder(),
                            new ProxyHeaderHandler(admitted::isFrom, () -> refuseOrClose(channel)));
        }
        tls.ifPresent(context -> {
            var handler = context.newHandler(channel.alloc());
            handler.setHandshakeTimeoutMillis(limits.http().headTimeout().toMillis());
            channel.pipeline()
                    .addLast(new HandshakeProgressTimeout(channel, limits.receive(), handler));
            handler.handshakeFuture()
                    .addListener(done -> {
                        if (!done.isSuccess()) {
                            metrics.tlsFailed(TlsFailure.of(done.cause()));
                        }
                    });
            channel.pipeline().addLast(handler);
        });
        HttpPipeline.add(channel.pipeline(), http, admitted);
    }

    private void refuseOrClose(Channel channel) {
        var speaking = channel.pipeline().get(HttpConnection.class);
        if (speaking == null || tls.isPresent()) {
            close(channel);
        } else {
            metrics.connectionRefused();
            speaking.refuse();
        }
    }

    private static void close(Channel channel) {
        var _ = channel.close();
    }
}
