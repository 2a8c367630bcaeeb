package io.lockstep.gateway.session;

import io.lockstep.fanout.RawSocket;
import io.lockstep.fanout.SecureSocket;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.handler.ssl.SslHandler;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes to an epoll socket directly, bypassing Netty's outbound buffer and TLS handler. It shares
/// the engine of the TLS handler. Both run on the connection's event loop, and this class writes
/// only while the handler holds nothing back.
sealed interface EpollRawSocket extends RawSocket {
    EpollSocketChannel channel();

    @Override
    default FileDescriptor descriptor() {
        return channel().fd();
    }

    static RawSocket of(EpollSocketChannel channel) {
        var tls = channel.pipeline().context(SslHandler.class);
        return tls == null
                ? new Plain(channel)
                : new Secure(channel, tls, ((SslHandler) tls.handler()).engine());
    }

    record Plain(EpollSocketChannel channel) implements EpollRawSocket {
        @Override
        public void writeRest(ByteBuf bytes) {
            var _ = channel.writeAndFlush(bytes, channel.voidPromise());
        }
    }

    record Secure(EpollSocketChannel channel, ChannelHandlerContext tls, SSLEngine engine)
            implements EpollRawSocket, SecureSocket {
        private static final Logger LOG = LoggerFactory.getLogger(Secure.class);

        @Override
        public boolean seal(ByteBuffer plain, ByteBuffer records) {
            if (engine.getHandshakeStatus() != HandshakeStatus.NOT_HANDSHAKING) {
                return false;
            }
            int begin = records.position();
            try {
                while (plain.hasRemaining()) {
                    var result = engine.wrap(plain, records);
                    // Records that the engine produces by itself, such as a KeyUpdate, are sent
                    // with the rest.
                    boolean nothing = result.bytesConsumed() == 0 && result.bytesProduced() == 0;
                    if (result.getStatus() != Status.OK || nothing) {
                        return unsealed(begin, records, result.getStatus().toString());
                    }
                }
                return true;
            } catch (SSLException e) {
                return unsealed(begin, records, e.toString());
            }
        }

        /// A record that is produced and not sent makes everything after it unreadable for the
        /// client.
        private boolean unsealed(int begin, ByteBuffer records, String why) {
            if (records.position() > begin) {
                LOG.debug("connection ends, TLS records were produced and not sent: {}", why);
                var _ = channel.close();
            }
            return false;
        }

        /// Written below the TLS handler: these bytes are TLS records already.
        @Override
        public void writeRest(ByteBuf bytes) {
            var _ = tls.writeAndFlush(bytes, channel.voidPromise());
        }
    }
}
