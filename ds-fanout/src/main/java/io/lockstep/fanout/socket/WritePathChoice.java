package io.lockstep.fanout.socket;

import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.buffer.ByteBufAllocator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;

/// The configured way of broadcasts to sockets. The more direct ways apply to sockets on epoll
/// whose queue is empty; all other sockets use Netty, whatever the choice.
public enum WritePathChoice {
    /// The ring where the machine has io_uring, otherwise direct.
    AUTO,
    /// The sends of a slice, submitted together to an io_uring.
    RING,
    /// One write to each plain socket, bypassing Netty's pipeline and outbound buffer.
    DIRECT,
    /// Netty's pipeline and outbound buffer.
    NETTY;

    /// Direct memory of an event loop for encrypted connections, in addition to that of fan-out:
    /// TLS records until they are sent.
    public static final int SEALED_BYTES_MAX = TlsRecordBuffer.CAPACITY;

    /// Checks whether the machine supports this choice.
    ///
    /// @return never AUTO
    /// @throws IllegalStateException when the machine lacks the write path that was requested by
    ///     name
    public WritePathChoice settled() {
        if (this != AUTO && this != RING) {
            return this;
        }
        try {
            requireIoUring();
            return RING;
        } catch (IoUringException e) {
            if (this == RING) {
                throw new IllegalStateException(e.getMessage(), e);
            }
            return DIRECT;
        }
    }

    /// Why this machine cannot use the ring; empty when it can.
    public static Optional<String> whyNoRing() {
        try {
            requireIoUring();
            return Optional.empty();
        } catch (IoUringException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static void requireIoUring() throws IoUringException {
        if (!System.getProperty("os.name").equals("Linux")) {
            throw new IoUringException("io_uring requires Linux");
        }
        IoUringSender.open(1).close();
    }

    /// @param sliceSessions maximum number of held-back writes
    /// @param failed called with each sink that threw where no caller could catch it
    public WritePath open(
            int sliceSessions,
            ByteBufAllocator allocator,
            BiConsumer<DeliverySink, Throwable> failed) {
        return switch (this) {
            case AUTO, RING ->
                    new IoUringWritePath(
                            powerOfTwo(sliceSessions), allocator, IoUringSender::open, failed);
            case DIRECT -> new DirectWritePath();
            case NETTY -> new NettyWritePath();
        };
    }

    private static int powerOfTwo(int atLeast) {
        return Integer.highestOneBit(Math.max(1, atLeast - 1) << 1);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
