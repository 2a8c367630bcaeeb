package io.lockstep.bench.traffic;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;

/// The event loops and sockets of one process. Thread-safe.
final class Network implements AutoCloseable {
    private static final int READ_BYTES = 16 << 10;
    private static final int CONNECT_MILLIS = 30_000;

    /// Connections from one address to one port: below the number of local ports.
    private static final int SOURCES = 9;

    private final EventLoopGroup loops;
    private final boolean epoll = Epoll.isAvailable();
    private final SslContext tls;

    Network(int threads, boolean trustAll) {
        loops =
                new MultiThreadIoEventLoopGroup(
                        threads,
                        new DefaultThreadFactory("bench", true),
                        epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        try {
            var builder = SslContextBuilder.forClient();
            if (trustAll) {
                builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
            }
            tls = builder.build();
        } catch (SSLException e) {
            throw new IllegalStateException("this Java platform has no TLS", e);
        }
    }

    EventLoop nextLoop() {
        return loops.next();
    }

    /// @param number picks the source address
    /// @param failed called when the connection cannot be opened
    void connect(
            EventLoop loop,
            Endpoint endpoint,
            int number,
            SocketBuffers buffers,
            LeanWebSocket socket,
            Consumer<String> failed) {
        var remote = endpoint.address();
        var bootstrap =
                new Bootstrap()
                        .group(loop)
                        .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                        .option(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new FixedRecvByteBufAllocator(READ_BYTES))
                        .handler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        if (endpoint.isSecure()) {
                                            channel.pipeline()
                                                    .addLast(
                                                            tls.newHandler(
                                                                    channel.alloc(),
                                                                    remote.getHostString(),
                                                                    remote.getPort()));
                                        }
                                        channel.pipeline().addLast(socket);
                                    }
                                });
        buffers.applyTo(bootstrap, number, epoll);
        if (remote.getAddress() != null && remote.getAddress().isLoopbackAddress()) {
            bootstrap.localAddress(new InetSocketAddress("127.0.0." + (1 + number % SOURCES), 0));
            if (epoll) {
                bootstrap.option(EpollChannelOption.IP_BIND_ADDRESS_NO_PORT, true);
            }
        }
        var _ =
                bootstrap
                        .connect(remote)
                        .addListener(done -> {
                            if (!done.isSuccess()) {
                                failed.accept(String.valueOf(done.cause().getMessage()));
                            }
                        });
    }

    @Override
    public void close() {
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
