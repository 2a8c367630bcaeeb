package io.lockstep.fanout.socket;

import io.lockstep.fanout.Outlet;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.buffer.ByteBufAllocator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;

/// How broadcasts reach sockets. The more direct ways take sockets on epoll whose queue is empty; all others go by
/// Netty whatever the choice.
public enum WritePathChoice {
    /// The ring where the machine has io_uring, else direct.
    AUTO,
    /// Sends of a slice submitted together to an io_uring.
    RING,
    /// One write to each plain socket, past Netty's pipeline and outbound buffer.
    DIRECT,
    /// Netty's pipeline and outbound buffer.
    NETTY;

    /// What an event loop holds beside fan-out's own where connections are encrypted: their records, until they
    /// are sent.
    public static final int SEALED_BYTES_MAX = SealedBytes.CAPACITY;

    /// Looks whether the machine has what this asks for.
    ///
    /// @return never AUTO
    /// @throws IllegalStateException when what was asked for by name is not there
    public WritePathChoice settled() {
        if (this != AUTO && this != RING) {
            return this;
        }
        try {
            requireRing();
            return RING;
        } catch (RingException e) {
            if (this == RING) {
                throw new IllegalStateException(e.getMessage(), e);
            }
            return DIRECT;
        }
    }

    /// Why this machine cannot have the ring; empty when it can.
    public static Optional<String> whyNoRing() {
        try {
            requireRing();
            return Optional.empty();
        } catch (RingException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static void requireRing() throws RingException {
        if (!System.getProperty("os.name").equals("Linux")) {
            throw new RingException("io_uring is Linux's");
        }
        SendRing.open(1).close();
    }

    /// @param sliceSessions writes held back at most
    /// @param failed told of each outlet that threw where nobody could catch it
    public WritePath open(
            int sliceSessions, ByteBufAllocator allocator, BiConsumer<Outlet, Throwable> failed) {
        return switch (this) {
            case AUTO, RING ->
                    new RingWritePath(powerOfTwo(sliceSessions), allocator, SendRing::open, failed);
            case DIRECT -> new DirectWritePath();
            case NETTY -> new OutletWritePath();
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
