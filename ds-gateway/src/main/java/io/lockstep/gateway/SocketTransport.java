package io.lockstep.gateway;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A Netty transport: its I/O handler and its server channel class.
record SocketTransport(
        TransportChoice choice,
        IoHandlerFactory handlers,
        Class<? extends ServerChannel> serverChannel) {
    /// Level and option of Linux's `setsockopt(2)`.
    private static final int IPPROTO_TCP = 6;

    private static final int TCP_CONGESTION = 13;

    /// @throws IllegalStateException if the transport was requested by name and is unavailable
    static SocketTransport of(TransportChoice choice) {
        return switch (choice) {
            case AUTO -> Epoll.isAvailable() ? epoll() : nio();
            case NIO -> nio();
            case EPOLL -> {
                if (!Epoll.isAvailable()) {
                    throw new IllegalStateException(
                            "no epoll on this machine: " + Epoll.unavailabilityCause());
                }
                yield epoll();
            }
            case IO_URING -> {
                if (!IoUring.isAvailable()) {
                    throw new IllegalStateException(
                            "no io_uring on this machine: " + IoUring.unavailabilityCause());
                }
                yield new SocketTransport(
                        TransportChoice.IO_URING,
                        IoUringIoHandler.newFactory(),
                        IoUringServerSocketChannel.class);
            }
        };
    }

    /// Sets TCP's congestion control for all connections that the listening socket accepts from now
    /// on.
    ///
    /// @throws IllegalStateException if this transport or this machine does not support it
    void congestionControl(Channel listening, String name) {
        if (choice != TransportChoice.EPOLL) {
            throw new IllegalStateException("congestion control can be set on epoll only");
        }
        var bytes = ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII));
        try {
            listening
                    .config()
                    .setOption(
                            new RawUnixChannelOption(
                                    "TCP_CONGESTION",
                                    IPPROTO_TCP,
                                    TCP_CONGESTION,
                                    bytes.remaining()),
                            bytes);
        } catch (ChannelException | IllegalArgumentException e) {
            throw new IllegalStateException(
                    "this machine has no congestion control named \"" + name + "\"", e);
        }
    }

    private static SocketTransport epoll() {
        return new SocketTransport(
                TransportChoice.EPOLL, EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
    }

    private static SocketTransport nio() {
        return new SocketTransport(
                TransportChoice.NIO, NioIoHandler.newFactory(), NioServerSocketChannel.class);
    }
}
