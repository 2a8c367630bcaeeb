package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.TokenGrant;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Code;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// The registry of open sessions on this node, one per client. Thread-safe.
public final class SessionRegistry {
    private final ConcurrentMap<ClientId, ClientSession> sessions = new ConcurrentHashMap<>();

    /// Sessions whose client is not known yet.
    private final Set<ClientSession> pending = ConcurrentHashMap.newKeySet();

    private final RecentRevocations revocations;
    private volatile boolean leaving;

    public SessionRegistry(MonotonicClock clock) {
        revocations = new RecentRevocations(clock);
    }

    void addPending(ClientSession session) {
        pending.add(session);
    }

    /// The client is known, or the session has ended.
    void removePending(ClientSession session) {
        pending.remove(session);
    }

    /// Whether the server is stopping and opens no session any more.
    boolean isLeaving() {
        return leaving;
    }

    /// @return the session that this one replaces
    Optional<ClientSession> put(ClientId client, ClientSession session) {
        return Optional.ofNullable(sessions.put(client, session));
    }

    /// Whether the device was revoked while its session opened. Call it after [#put]: from then on
    /// [#revoked] finds the session.
    boolean isRevoked(TokenGrant session) {
        return revocations.end(session);
    }

    /// A device was revoked, on this or another node: its session ends now.
    public void revoked(Revocation revocation) {
        revocations.add(revocation);
        var session = sessions.get(revocation.client());
        if (session != null) {
            session.onLoop(() -> session.revoked(revocation));
        }
    }

    /// Does nothing if another session of the client has replaced it.
    void remove(ClientId client, ClientSession session) {
        sessions.remove(client, session);
    }

    public int size() {
        return sessions.size();
    }

    /// An inbox item was stored for this client, by this or another node.
    public void itemFiled(ClientId client) {
        var session = sessions.get(client);
        if (session != null) {
            session.onLoop(() -> session.withOpen(open -> open.inbox().poll()));
        }
    }

    /// The KeyPackages of this client run low, as this or another node found.
    public void keyPackagesLow(ClientId client) {
        var session = sessions.get(client);
        if (session != null) {
            session.onLoop(() -> session.withOpen(AuthenticatedSession::checkKeyPackages));
        }
    }

    /// Sends `go_away` to every session, each with its own time. The times are spaced evenly.
    ///
    /// @param time over which the sessions move to other nodes
    public void drain(Duration time) {
        leaving = true;
        pending.forEach(session -> session.onLoop(() -> session.close(Code.GOING_AWAY)));
        // By hash: two clients of one user are not neighbours.
        var all = List.copyOf(sessions.values());
        for (int i = 0; i < all.size(); i++) {
            var session = all.get(i);
            var slot = time.multipliedBy(i).dividedBy(all.size());
            session.onLoop(() -> session.drain(slot));
        }
    }

    /// Closes every session now.
    public void closeAll() {
        pending.forEach(session -> session.onLoop(() -> session.close(Code.GOING_AWAY)));
        sessions.values().forEach(session -> session.onLoop(() -> session.close(Code.GOING_AWAY)));
    }
}
