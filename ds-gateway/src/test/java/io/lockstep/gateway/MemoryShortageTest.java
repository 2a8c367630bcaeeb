package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLEngine;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A connection needs direct memory, and none is left.
final class MemoryShortageTest {
    private static final String LIVE = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";

    @TempDir private Path folder;

    /// An allocator without direct memory.
    private static final class Exhausted extends AbstractByteBufAllocator {
        @Override
        protected ByteBuf newHeapBuffer(int initial, int max) {
            return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initial, max);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initial, int max) {
            throw new OutOfMemoryError(
                    "Cannot reserve " + initial + " bytes of direct buffer memory");
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }

    /// Captures the server's side of each connection: the first handler of a pipeline is its own.
    private static final class Watched extends DelegatingSslContext {
        private final List<Channel> channels = new CopyOnWriteArrayList<>();

        Watched(SslContext context) {
            super(context);
        }

        @Override
        protected void initEngine(SSLEngine engine) {}

        @Override
        protected void initHandler(SslHandler handler) {
            handler.handshakeFuture()
                    .addListener(shaken -> channels.add((Channel) shaken.getNow()));
        }

        /// The server's side of the n-th connection.
        Channel channel(int n) {
            Awaitility.await().until(() -> channels.size() > n);
            return channels.get(n);
        }
    }

    private static RawConnection connect(TestServer server, KeyStore keys) throws Exception {
        return new RawConnection(server, SelfSignedKeys.clientSockets(keys));
    }

    private static void assertLives(RawConnection connection) throws Exception {
        connection.send(LIVE);
        assertThat(connection.head()).startsWith("HTTP/1.1 200 ");
        connection.read(
                "{\"status\":\"up\",\"checks\":[{\"name\":\"live\",\"status\":\"up\"}]}\n"
                        .length());
    }

    @Test
    void costsThatConnectionOnlyAndOneLineAMinute() throws Exception {
        var keys = SelfSignedKeys.in(folder);
        var tls = new Watched(SelfSignedKeys.serverContext(keys, SslProvider.JDK));
        try (var log = LogCapture.open();
                var server =
                        TestServer.start(
                                TestServer.Setup.DEFAULT.withSettings(s -> s.withTls(tls)));
                var honest = connect(server, keys)) {
            assertLives(honest);
            tls.channel(0);
            try (var request = connect(server, keys);
                    var session = connect(server, keys)) {
                assertLives(request);
                tls.channel(1).config().setAllocator(new Exhausted());
                request.send(LIVE);
                assertThat(request.rest()).isEmpty();

                assertThat(session.upgrade("lockstep.v1.proto")).startsWith("HTTP/1.1 101 ");
                tls.channel(2).config().setAllocator(new Exhausted());
                session.send(RawConnection.frame(0x82, new byte[100]));
                session.rest();
            }
            assertLives(honest);
            Awaitility.await()
                    .until(() ->
                            server.meters.counter("lockstep.gateway.memory.shortages").count()
                                    >= 2);
            assertThat(log.troubles())
                    .singleElement()
                    .asString()
                    .contains("memory is short", "direct buffer memory")
                    .endsWith(" null");
        }
    }
}
