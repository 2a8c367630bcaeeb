package io.lockstep.gateway.connection;

import io.lockstep.gateway.limits.AddressBlock;
import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.gateway.limits.GatewayLimits;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Counts connections, and decides who gets a place. Thread-safe.
///
/// ```
/// beginning ≤ open ≤ max + EVICTIONS_MAX        beginning ≤ handshakesMax
/// open from one address ≤ perAddressMax        beginning from one address ≤ handshakesPerAddressMax
/// ```
///
/// A connection *begins* until its client is known. When the places for beginners are used up the oldest of the
/// address that holds the most gives its place to the newcomer, so nobody is refused for what others hold.
public final class ConnectionAdmission {
    /// Evicted and not closed yet, beyond `max`.
    private static final int EVICTIONS_MAX = 64;

    /// So much each connection may hold that begins: a head or a hello of the usual length is never refused.
    private static final int FREE_BYTES = 2 << 10;

    private final GatewayLimits.Connections limits;
    private final ByteBudget strangers;
    private final Map<InetAddress, Integer> openByAddress = new HashMap<>();
    private final UnauthenticatedConnections<AdmittedConnection> beginners =
            new UnauthenticatedConnections<>();
    private int open;

    /// Evicted and not closed yet.
    private int leaving;

    private long evicted;

    public ConnectionAdmission(GatewayLimits.Connections limits, ByteBudget strangers) {
        this.limits = limits;
        this.strangers = strangers;
    }

    public synchronized int open() {
        return open;
    }

    public synchronized int beginning() {
        return beginners.size();
    }

    /// How many gave their place to others.
    synchronized long evicted() {
        return evicted;
    }

    /// What connections hold together whose client is not known.
    long strangersBytes() {
        return strangers.held();
    }

    /// @return empty when there is no place; the connection must then be told so and closed
    public Optional<AdmittedConnection> admit(@Nullable SocketAddress remote) {
        return admit(AddressBlock.of(remote));
    }

    public synchronized Optional<AdmittedConnection> admit(AddressBlock network) {
        if (isFull(network)) {
            return Optional.empty();
        }
        if (open >= limits.max() && !evictForRoom(network)) {
            return Optional.empty();
        }
        makeRoomForBeginner(network);
        var ticket = new AdmittedConnection(network);
        open++;
        count(network, 1);
        beginners.add(network, ticket);
        return Optional.of(ticket);
    }

    private boolean isFull(AddressBlock network) {
        return network.isKnown()
                && openByAddress.getOrDefault(network.address(), 0) >= limits.perAddressMax();
    }

    /// All connections are taken: one that begins gives way, if its site has more of them than the newcomer's would.
    private boolean evictForRoom(AddressBlock network) {
        if (leaving >= EVICTIONS_MAX || beginners.most() <= beginners.ofSite(network.site()) + 1) {
            return false;
        }
        beginners.oldestOfMost().ifPresent(this::evict);
        return true;
    }

    private void makeRoomForBeginner(AddressBlock network) {
        if (network.isKnown()
                && beginners.of(network.address()) >= limits.handshakesPerAddressMax()) {
            beginners.oldest(network.address()).ifPresent(this::evict);
        }
        while (beginners.size() >= limits.handshakesMax()) {
            beginners.oldestOfMost().ifPresent(this::evict);
        }
    }

    private void evict(AdmittedConnection ticket) {
        beginners.remove(ticket.network, ticket);
        ticket.isBeginning = false;
        ticket.isLeaving = true;
        leaving++;
        evicted++;
        ticket.evicted.run();
    }

    private void count(AddressBlock network, int by) {
        if (network.isKnown()) {
            openByAddress.merge(
                    network.address(),
                    by,
                    (count, more) -> count + more == 0 ? null : count + more);
        }
    }

    /// One admitted connection. Called on its event loop, but for what the gate itself calls.
    public final class AdmittedConnection {
        private AddressBlock network;
        private boolean isBeginning = true;
        private boolean isLeaving;
        private boolean isClosed;
        private volatile Runnable evicted = () -> {};

        /// What it holds while its client is not known; null until it holds something.
        private ByteBudget.@Nullable Account held;

        private AdmittedConnection(AddressBlock network) {
            this.network = network;
        }

        /// How it ends when it must give its place to another. Called on any thread; must not block.
        public void onEviction(Runnable end) {
            synchronized (ConnectionAdmission.this) {
                evicted = end;
                if (isLeaving) {
                    end.run();
                }
            }
        }

        /// A proxy in front has told where it comes from.
        ///
        /// @return false when that address has no place for it; it must then be told so and closed
        public boolean isFrom(InetAddress address) {
            var told = AddressBlock.of(address);
            synchronized (ConnectionAdmission.this) {
                if (isClosed || told.equals(network)) {
                    return true;
                }
                if (isFull(told)) {
                    return false;
                }
                count(network, -1);
                count(told, 1);
                if (isBeginning) {
                    beginners.remove(network, this);
                    network = told;
                    makeRoomForBeginner(told);
                    beginners.add(told, this);
                }
                network = told;
                releaseBytes();
                held = null;
                return true;
            }
        }

        /// Counts what it holds of what its client, who is not known, has begun to send.
        ///
        /// What was read before a connection closed may be handled after that: it is not counted, for nothing would
        /// take it off again.
        ///
        /// @return false when there is no room for that; it must be closed
        public boolean hold(long bytes) {
            if (isClosed) {
                return true;
            }
            long counted = Math.max(0, bytes - FREE_BYTES);
            var account = held;
            if (account == null) {
                if (counted == 0) {
                    return true;
                }
                // Not under the gate's lock: eviction takes it.
                account = strangers.open(ByteBudget.Holder.ofAddress(network), () -> evicted.run());
                held = account;
            }
            return account.hold(counted);
        }

        /// Its client is known: it may stay.
        public void begun() {
            synchronized (ConnectionAdmission.this) {
                if (isBeginning) {
                    isBeginning = false;
                    beginners.remove(network, this);
                }
                releaseBytes();
            }
        }

        private void releaseBytes() {
            if (held != null) {
                held.release();
            }
        }

        /// It is closed; called once.
        public void closed() {
            synchronized (ConnectionAdmission.this) {
                isClosed = true;
                begun();
                count(network, -1);
                open--;
                if (isLeaving) {
                    leaving--;
                }
            }
        }
    }
}
