package io.lockstep.server;

import io.lockstep.server.health.HealthReport;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// The HTTP server for operators: metrics, health, and operations on groups, on a separate port. It
/// shares no thread, buffer pool or limit with the client port, so it answers even if client event
/// loops are stuck and their buffers are exhausted. Each connection carries one request.
///
/// Threads: one event loop, which runs the health checks; one thread that writes the metrics page,
/// which may be slow.
final class OperationsServer implements AutoCloseable {
    /// Enough for probes and a few scrapers.
    private static final int CONNECTIONS_MAX = 64;

    /// From opening to closing a connection: the request, the answer, and the time that the client
    /// takes to read it.
    private static final Duration CONNECTION_MAX = Duration.ofSeconds(15);

    private static final int REQUEST_LINE_MAX = 1024;
    private static final int HEADERS_BYTES_MAX = 8192;
    private static final int READ_BYTES = 2048;

    /// Scrapes that may wait for the thread.
    private static final int SCRAPES_MAX = 4;

    /// The content of the pages.
    ///
    /// @param live never blocks
    /// @param ready never blocks
    /// @param operator empty without a token: there are no operations on groups
    record Pages(
            PrometheusMeterRegistry meters,
            Supplier<HealthReport> live,
            Supplier<HealthReport> ready,
            Optional<OperatorAccess> operator) {}

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("operations", true), NioIoHandler.newFactory());
    private final ThreadPoolExecutor scrapes =
            new ThreadPoolExecutor(
                    1,
                    1,
                    0,
                    TimeUnit.SECONDS,
                    new ArrayBlockingQueue<>(SCRAPES_MAX),
                    Thread.ofPlatform().name("scrapes").daemon().factory());
    private final AtomicInteger connections = new AtomicInteger();
    private final Pages pages;
    private final Channel listening;

    /// @throws StartupException when the port is taken
    static OperationsServer start(InetSocketAddress address, Pages pages) {
        return new OperationsServer(address, pages);
    }

    private OperationsServer(InetSocketAddress address, Pages pages) {
        this.pages = pages;
        var bound =
                new ServerBootstrap()
                        .group(loop)
                        .channel(NioServerSocketChannel.class)
                        .option(ChannelOption.SO_BACKLOG, CONNECTIONS_MAX)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        // Separate heap buffers: the pools and direct memory may be exhausted.
                        .childOption(
                                ChannelOption.ALLOCATOR, new UnpooledByteBufAllocator(false, true))
                        .childOption(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new FixedRecvByteBufAllocator(READ_BYTES))
                        .childHandler(new OperationsInitializer())
                        .bind(address)
                        .awaitUninterruptibly();
        listening = bound.channel();
        if (!bound.isSuccess()) {
            close();
            throw cannotOpen(address, bound.cause());
        }
    }

    private static StartupException cannotOpen(InetSocketAddress address, Throwable cause) {
        return new StartupException(
                cause instanceof BindException
                                && String.valueOf(cause.getMessage()).contains("in use")
                        ? "the operations port "
                                + address.getPort()
                                + " is taken; choose another with --operations-port, or 0 for a"
                                + " free one; a second server on this machine needs --port, too"
                        : "the operations port "
                                + address
                                + " cannot be opened: "
                                + cause.getMessage(),
                cause);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    private final class OperationsInitializer extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            if (connections.incrementAndGet() > CONNECTIONS_MAX) {
                connections.decrementAndGet();
                var _ = channel.close();
                return;
            }
            Runnable ending =
                    () -> {
                        var _ = channel.close();
                    };
            var deadline =
                    channel.eventLoop()
                            .schedule(ending, CONNECTION_MAX.toMillis(), TimeUnit.MILLISECONDS);
            channel.closeFuture()
                    .addListener(_ -> {
                        connections.decrementAndGet();
                        deadline.cancel(false);
                    });
            channel.pipeline()
                    .addLast(
                            new HttpServerCodec(
                                    new HttpDecoderConfig()
                                            .setMaxInitialLineLength(REQUEST_LINE_MAX)
                                            .setMaxHeaderSize(HEADERS_BYTES_MAX)),
                            new OperationsConnection(pages, scrapes));
        }
    }

    @Override
    public void close() {
        scrapes.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
