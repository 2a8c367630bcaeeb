package io.lockstep.gateway;

import io.lockstep.gateway.connection.ClientAddressRules;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import java.net.InetAddress;
import java.util.function.Predicate;

/// Takes the client's address from the PROXY header, behind its decoder, and is gone after it. Bytes that come
/// first and are no such header end the connection: the decoder throws.
final class ProxyHeaderHandler extends ChannelInboundHandlerAdapter {
    private final Predicate<InetAddress> hasPlace;
    private final Runnable refused;

    /// @param hasPlace asked with the client's address
    /// @param refused where it has none
    ProxyHeaderHandler(Predicate<InetAddress> hasPlace, Runnable refused) {
        this.hasPlace = hasPlace;
        this.refused = refused;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof HAProxyMessage header)) {
            ctx.fireChannelRead(message);
            return;
        }
        boolean fits;
        try {
            // A proxy's own connection (LOCAL, UNKNOWN) has no source.
            fits =
                    ClientAddressRules.AddressReader.ofHeader(header.sourceAddress())
                            .map(hasPlace::test)
                            .orElse(true);
        } finally {
            header.release();
        }
        ctx.pipeline().remove(this);
        if (!fits) {
            refused.run();
        }
    }
}
