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

/// Admission control of connections: counts them and decides which are admitted. Thread-safe.
///
/// ```
/// unauthenticated ≤ open ≤ max + EVICTIONS_MAX        unauthenticated ≤ handshakesMax
/// open from one address ≤ perAddressMax
/// unauthenticated from one address ≤ handshakesPerAddressMax
/// ```
///
/// A connection is *unauthenticated* until its client is known. If `handshakesMax` is reached, the
/// oldest unauthenticated connection of the address with the most of them is evicted. So no client
/// is refused because of what others hold.
public final class ConnectionAdmission {
    /// Connections that are evicted and not closed yet. They may exceed `max` by this number.
    private static final int EVICTIONS_MAX = 64;

    /// Each unauthenticated connection may hold this much outside the budget: a request head or
    /// `hello` of usual length is never refused.
    private static final int FREE_BYTES = 2 << 10;

    private final GatewayLimits.Connections limits;
    private final ByteBudget budget;
    private final Map<InetAddress, Integer> openByAddress = new HashMap<>();
    private final UnauthenticatedConnections<AdmittedConnection> unauthenticated =
            new UnauthenticatedConnections<>();
    private int open;

    /// Evicted and not closed yet.
    private int closing;

    private long evicted;

    public ConnectionAdmission(GatewayLimits.Connections limits, ByteBudget budget) {
        this.limits = limits;
        this.budget = budget;
    }

    public synchronized int open() {
        return open;
    }

    public synchronized int unauthenticated() {
        return unauthenticated.size();
    }

    /// The number of evicted connections.
    synchronized long evicted() {
        return evicted;
    }

    /// The bytes that all unauthenticated connections hold.
    long unauthenticatedBytes() {
        return budget.held();
    }

    /// @return empty if there is no slot; the caller must then refuse and close the connection
    public Optional<AdmittedConnection> admit(@Nullable SocketAddress remote) {
        return admit(AddressBlock.of(remote));
    }

    public synchronized Optional<AdmittedConnection> admit(AddressBlock network) {
        if (isFull(network)) {
            return Optional.empty();
        }
        if (open >= limits.max() && !evictForSlot(network)) {
            return Optional.empty();
        }
        evictUnauthenticated(network);
        var admitted = new AdmittedConnection(network);
        open++;
        count(network, 1);
        unauthenticated.add(network, admitted);
        assert invariants();
        return Optional.of(admitted);
    }

    private boolean invariants() {
        return unauthenticated.size() <= open
                && open <= limits.max() + EVICTIONS_MAX
                && unauthenticated.size() <= limits.handshakesMax();
    }

    private boolean isFull(AddressBlock network) {
        return network.isKnown()
                && openByAddress.getOrDefault(network.address(), 0) >= limits.perAddressMax();
    }

    /// Called when all slots are taken. Evicts an unauthenticated connection if its site has more
    /// of them than the new connection's site would have.
    private boolean evictForSlot(AddressBlock network) {
        if (closing >= EVICTIONS_MAX
                || unauthenticated.most() <= unauthenticated.ofSite(network.site()) + 1) {
            return false;
        }
        unauthenticated.oldestOfMost().ifPresent(this::evict);
        return true;
    }

    private void evictUnauthenticated(AddressBlock network) {
        if (network.isKnown()
                && unauthenticated.of(network.address()) >= limits.handshakesPerAddressMax()) {
            unauthenticated.oldest(network.address()).ifPresent(this::evict);
        }
        while (unauthenticated.size() >= limits.handshakesMax()) {
            unauthenticated.oldestOfMost().ifPresent(this::evict);
        }
    }

    private void evict(AdmittedConnection admitted) {
        unauthenticated.remove(admitted.network, admitted);
        admitted.isUnauthenticated = false;
        admitted.isEvicted = true;
        closing++;
        evicted++;
        admitted.evicted.run();
    }

    private void count(AddressBlock network, int by) {
        if (network.isKnown()) {
            openByAddress.merge(
                    network.address(),
                    by,
                    (count, more) -> count + more == 0 ? null : count + more);
        }
    }

    /// One admitted connection. Its methods are called on its event loop, except those that
    /// [ConnectionAdmission] calls.
    public final class AdmittedConnection {
        private AddressBlock network;
        private boolean isUnauthenticated = true;
        private boolean isEvicted;
        private boolean isClosed;
        private volatile Runnable evicted = () -> {};

        /// The bytes that it holds while unauthenticated; null until it holds some.
        private ByteBudget.@Nullable Account held;

        private AdmittedConnection(AddressBlock network) {
            this.network = network;
        }

        /// Sets what closes the connection when it is evicted. Called on any thread; must not
        /// block.
        public void onEviction(Runnable end) {
            synchronized (ConnectionAdmission.this) {
                evicted = end;
                if (isEvicted) {
                    end.run();
                }
            }
        }

        /// Sets the client's address, which a proxy in front has told.
        ///
        /// @return false if that address has no free slot; the caller must then refuse and close
        ///     the connection
        public boolean isFrom(InetAddress address) {
            var block = AddressBlock.of(address);
            synchronized (ConnectionAdmission.this) {
                if (isClosed || block.equals(network)) {
                    return true;
                }
                if (isFull(block)) {
                    return false;
                }
                count(network, -1);
                count(block, 1);
                if (isUnauthenticated) {
                    unauthenticated.remove(network, this);
                    network = block;
                    evictUnauthenticated(block);
                    unauthenticated.add(block, this);
                }
                network = block;
                releaseBytes();
                held = null;
                return true;
            }
        }

        /// Sets the bytes that the connection holds while its client is not authenticated.
        ///
        /// Bytes that were read before the connection closed may be handled afterwards. They are
        /// not counted, because nothing would subtract them again.
        ///
        /// @return false if they do not fit the budget; the caller must close the connection
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
                // Outside the lock of the admission: eviction takes that lock.
                account = budget.open(ByteBudget.Holder.ofAddress(network), () -> evicted.run());
                held = account;
            }
            return account.hold(counted);
        }

        /// The client is authenticated: the connection can no longer be evicted.
        public void authenticated() {
            synchronized (ConnectionAdmission.this) {
                if (isUnauthenticated) {
                    isUnauthenticated = false;
                    unauthenticated.remove(network, this);
                }
                releaseBytes();
            }
        }

        private void releaseBytes() {
            if (held != null) {
                held.release();
            }
        }

        /// The connection is closed; called once.
        public void closed() {
            synchronized (ConnectionAdmission.this) {
                isClosed = true;
                authenticated();
                count(network, -1);
                open--;
                if (isEvicted) {
                    closing--;
                }
            }
        }
    }
}
