package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.TokenGrant;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Code;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// The open sessions of this node, one for each client. Thread-safe.
public final class SessionRegistry {
    private final ConcurrentMap<ClientId, ClientSession> sessions = new ConcurrentHashMap<>();

    /// Sessions whose client is not known yet.
    private final Set<ClientSession> beginning = ConcurrentHashMap.newKeySet();

    private final RecentRevocations revocations;
    private volatile boolean leaving;

    public SessionRegistry(MonotonicClock clock) {
        revocations = new RecentRevocations(clock);
    }

    void begins(ClientSession session) {
        beginning.add(session);
    }

    /// Its client is known, or it has ended.
    void begun(ClientSession session) {
        beginning.remove(session);
    }

    /// Whether the server is stopping and opens no session any more.
    boolean isLeaving() {
        return leaving;
    }

    /// @return the session that this one replaces
    Optional<ClientSession> put(ClientId client, ClientSession session) {
        return Optional.ofNullable(sessions.put(client, session));
    }

    /// Whether its device was revoked while it opened: asked after [#put], for from then on [#revoked]
    /// finds it.
    boolean isRevoked(TokenGrant session) {
        return revocations.end(session);
    }

    /// A device was revoked, here or elsewhere: its session ends now.
    public void revoked(Revocation revocation) {
        revocations.add(revocation);
        var session = sessions.get(revocation.client());
        if (session != null) {
            session.onLoop(() -> session.revoked(revocation));
        }
    }

    /// Does nothing when another session has taken its place.
    void remove(ClientId client, ClientSession session) {
        sessions.remove(client, session);
    }

    public int size() {
        return sessions.size();
    }

    /// Mail was filed for this client, here or elsewhere.
    public void mailFiled(ClientId client) {
        var session = sessions.get(client);
        if (session != null) {
            session.onLoop(() -> session.withOpen(open -> open.inbox().look()));
        }
    }

    /// KeyPackages of this client run low, as seen here or elsewhere.
    public void keyPackagesLow(ClientId client) {
        var session = sessions.get(client);
        if (session != null) {
            session.onLoop(() -> session.withOpen(AuthenticatedSession::lookAtKeyPackages));
        }
    }

    /// Tells every session to come back later, and closes each when its submissions are answered.
    public void leave() {
        leaving = true;
        beginning.forEach(session -> session.onLoop(() -> session.close(Code.GOING_AWAY)));
        sessions.values().forEach(session -> session.onLoop(session::leave));
    }

    /// Closes every session now.
    public void closeAll() {
        beginning.forEach(session -> session.onLoop(() -> session.close(Code.GOING_AWAY)));
        sessions.values().forEach(session -> session.onLoop(() -> session.close(Code.GOING_AWAY)));
    }
}
