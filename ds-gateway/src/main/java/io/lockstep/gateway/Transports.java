package io.lockstep.gateway;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;

/// One way to drive sockets, as Netty wants it.
record Transports(
        TransportChoice choice,
        IoHandlerFactory handlers,
        Class<? extends ServerChannel> serverChannel) {
    /// @throws IllegalStateException when what was asked for by name is not there
    static Transports of(TransportChoice choice) {
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
                yield new Transports(
                        TransportChoice.IO_URING,
                        IoUringIoHandler.newFactory(),
                        IoUringServerSocketChannel.class);
            }
        };
    }

    private static Transports epoll() {
        return new Transports(
                TransportChoice.EPOLL, EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
    }

    private static Transports nio() {
        return new Transports(
                TransportChoice.NIO, NioIoHandler.newFactory(), NioServerSocketChannel.class);
    }
}
