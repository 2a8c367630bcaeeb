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
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/// Event loops, TLS context and HTTP client that many clients share: one event loop per thread,
/// epoll where it is available.
///
/// Thread-safe. Closing the network closes its clients.
///
/// ```java
/// try (var network = ClientNetwork.start(1);
///         var client = LockstepClient.create(network, config)) {
///     client.connect().block();
/// }
/// ```
public final class ClientNetwork implements AutoCloseable {
    private final EventLoopGroup loops;
    private final Class<? extends Channel> channelType;
    private final SslContext tls;
    private final HttpClient http;

    /// Clients that are not closed.
    private final Set<LockstepClient> clients = ConcurrentHashMap.newKeySet();

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

    /// Starts a network that trusts the authorities of the Java platform.
    ///
    /// @param threads number of event loops; one or two serve thousands of clients
    public static ClientNetwork start(int threads) {
        return start(threads, Optional.empty());
    }

    /// Starts a network that trusts the authorities of a file.
    ///
    /// @param authorities a PEM file with the certificates to trust in place of the Java platform's
    /// @throws IllegalArgumentException when the file contains no certificate
    public static ClientNetwork start(int threads, Optional<Path> authorities) {
        var trust = authorities.map(TrustedCertificates::of);
        var factory = new DefaultThreadFactory("lockstep-client", true);
        boolean epoll = Epoll.isAvailable();
        try {
            return new ClientNetwork(
                    new MultiThreadIoEventLoopGroup(
                            threads,
                            factory,
                            epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory()),
                    epoll ? EpollSocketChannel.class : NioSocketChannel.class,
                    nettyTls(trust),
                    httpClient(trust));
        } catch (SSLException e) {
            throw new IllegalStateException("this Java platform has no TLS", e);
        }
    }

    private static SslContext nettyTls(Optional<TrustManagerFactory> trust) throws SSLException {
        var builder = SslContextBuilder.forClient();
        trust.ifPresent(builder::trustManager);
        return builder.build();
    }

    private static HttpClient httpClient(Optional<TrustManagerFactory> trust) {
        var builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(10));
        trust.ifPresent(managers -> builder.sslContext(javaTls(managers)));
        return builder.build();
    }

    private static SSLContext javaTls(TrustManagerFactory managers) {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform has no TLS", e);
        }
    }

    /// Probes a server with the TLS settings of this network. Blocks for a few seconds at most.
    public ServerProbe.ProbeResult probe(URI http) {
        return ServerProbe.of(this.http, http);
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

    void register(LockstepClient client) {
        clients.add(client);
    }

    void unregister(LockstepClient client) {
        clients.remove(client);
    }

    /// Closes the clients that are still open, too: what they wait for cannot come.
    @Override
    public void close() {
        clients.forEach(client -> client.close("the network is closed"));
        http.close();
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
    }
}
