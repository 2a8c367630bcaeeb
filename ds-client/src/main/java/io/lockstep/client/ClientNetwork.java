package io.lockstep.client;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/// Threads and sockets that many clients share: one event loop per thread, epoll where there is one.
///
/// Thread-safe. Close it after its clients.
public final class ClientNetwork implements AutoCloseable {
    private final EventLoopGroup loops;
    private final Class<? extends Channel> channelType;
    private final SslContext tls;
    private final HttpClient http;

    private ClientNetwork(
            EventLoopGroup loops,
            Class<? extends Channel> channelType,
            SslContext tls,
            HttpClient http) {
        this.loops = loops;
        this.channelType = channelType;
        this.tls = tls;
        this.http = http;
    }

    /// @param threads event loops; one or two carry thousands of clients
    public static ClientNetwork start(int threads) {
        var factory = new DefaultThreadFactory("lockstep-client", true);
        boolean epoll = Epoll.isAvailable();
        try {
            return new ClientNetwork(
                    new MultiThreadIoEventLoopGroup(
                            threads,
                            factory,
                            epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory()),
                    epoll ? EpollSocketChannel.class : NioSocketChannel.class,
                    SslContextBuilder.forClient().build(),
                    HttpClient.newBuilder()
                            .version(HttpClient.Version.HTTP_1_1)
                            .connectTimeout(Duration.ofSeconds(10))
                            .build());
        } catch (SSLException e) {
            throw new IllegalStateException("this Java platform has no TLS", e);
        }
    }

    EventLoop nextLoop() {
        return loops.next();
    }

    Class<? extends Channel> channelType() {
        return channelType;
    }

    SslContext tls() {
        return tls;
    }

    HttpClient http() {
        return http;
    }

    @Override
    public void close() {
        http.close();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
