package io.lockstep.gateway;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Counts connections and turns away those beyond the limits. Thread-safe.
///
/// ```
/// beginning ≤ open ≤ max        beginning ≤ handshakesMax        open from one address ≤ perAddressMax
/// ```
public final class ConnectionGate {
    private static final int NETWORK_BYTES = 8;

    private final GatewayLimits.Connections limits;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger beginning = new AtomicInteger();
    private final ConcurrentMap<InetAddress, Integer> openByAddress = new ConcurrentHashMap<>();

    ConnectionGate(GatewayLimits.Connections limits) {
        this.limits = limits;
    }

    int open() {
        return open.get();
    }

    int beginning() {
        return beginning.get();
    }

    /// @return empty when the connection must be closed at once
    Optional<Ticket> admit(@Nullable SocketAddress remote) {
        if (!take(open, limits.max())) {
            return Optional.empty();
        }
        if (!take(beginning, limits.handshakesMax())) {
            open.decrementAndGet();
            return Optional.empty();
        }
        var ticket = new Ticket(network(remote));
        if (!takeAddress(ticket.network)) {
            beginning.decrementAndGet();
            open.decrementAndGet();
            return Optional.empty();
        }
        return Optional.of(ticket);
    }

    private static boolean take(AtomicInteger counter, int max) {
        if (counter.incrementAndGet() > max) {
            counter.decrementAndGet();
            return false;
        }
        return true;
    }

    private boolean takeAddress(InetAddress network) {
        int count = openByAddress.merge(network, 1, Integer::sum);
        if (count > limits.perAddressMax()) {
            giveBackAddress(network);
            return false;
        }
        return true;
    }

    private void giveBackAddress(InetAddress network) {
        openByAddress.computeIfPresent(network, (_, count) -> count == 1 ? null : count - 1);
    }

    /// Whoever has one address of an IPv6 /64 has all of them.
    private static InetAddress network(@Nullable SocketAddress remote) {
        if (!(remote instanceof InetSocketAddress socket) || socket.getAddress() == null) {
            return InetAddress.getLoopbackAddress();
        }
        var address = socket.getAddress();
        if (!(address instanceof Inet6Address)) {
            return address;
        }
        var bytes = address.getAddress();
        Arrays.fill(bytes, NETWORK_BYTES, bytes.length, (byte) 0);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an IPv6 address has 16 bytes", e);
        }
    }

    /// One admitted connection. Confined to its event loop.
    public final class Ticket {
        private final InetAddress network;
        private boolean isBeginning = true;

        private Ticket(InetAddress network) {
            this.network = network;
        }

        /// It has become a session, or has sent a request.
        public void begun() {
            if (isBeginning) {
                isBeginning = false;
                beginning.decrementAndGet();
            }
        }

        /// It is closed; called once.
        void closed() {
            begun();
            giveBackAddress(network);
            open.decrementAndGet();
        }
    }
}
