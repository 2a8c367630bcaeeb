package io.lockstep.gateway.session;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.Session;
import io.lockstep.runtime.MonotonicClock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Revocations heard of lately. A token may be checked just before its device is revoked, and the session
/// registered just after that was heard of: between the two, only this remembers.
///
/// Threads: thread-safe, by one lock.
final class RecentRevocations {
    /// Longer than any token takes to be checked and any event loop to come to it.
    private static final Duration KEPT = Duration.ofMinutes(2);

    /// Of the newest. Beyond so many within [#KEPT], a session that opens in that very moment may stay until
    /// its token ends.
    private static final int COUNT_MAX = 100_000;

    private record Heard(Revocation revocation, long atNanos) {}

    /// The oldest first.
    private final SequencedMap<ClientId, Heard> heard = new LinkedHashMap<>();

    private final MonotonicClock clock;

    RecentRevocations(MonotonicClock clock) {
        this.clock = clock;
    }

    synchronized void add(Revocation revocation) {
        long now = clock.nanos();
        heard.putLast(revocation.client(), new Heard(revocation, now));
        while (heard.size() > COUNT_MAX
                || now - heard.firstEntry().getValue().atNanos > KEPT.toNanos()) {
            heard.pollFirstEntry();
        }
    }

    /// Whether one of them ends what the token granted.
    synchronized boolean end(Session session) {
        var found = heard.get(session.client());
        return found != null && found.revocation.ends(session);
    }
}
