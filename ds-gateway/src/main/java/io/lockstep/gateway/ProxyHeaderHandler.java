package io.lockstep.gateway;

import io.lockstep.gateway.connection.ClientAddressRules;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import java.net.InetAddress;
import java.util.function.Predicate;

/// Reads the client's address from the PROXY header, then removes itself. It is behind the header's
/// decoder, which throws and so ends the connection if the first bytes are no PROXY header.
final class ProxyHeaderHandler extends ChannelInboundHandlerAdapter {
    private final Predicate<InetAddress> hasSlot;
    private final Runnable refused;

    /// @param hasSlot whether the client's address has a free slot
    /// @param refused run if it has none
    ProxyHeaderHandler(Predicate<InetAddress> hasSlot, Runnable refused) {
        this.hasSlot = hasSlot;
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
                            .map(hasSlot::test)
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
