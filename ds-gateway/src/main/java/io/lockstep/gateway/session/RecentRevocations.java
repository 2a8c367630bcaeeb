package io.lockstep.gateway.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.TokenGrant;
import io.lockstep.runtime.MonotonicClock;
import java.time.Duration;

/// The revocations of the last minutes. A token may be checked just before its device is revoked,
/// and the session registered just after the notice of it. Only this record covers the time between
/// the two.
///
/// Threads: *thread-safe*, by Caffeine.
final class RecentRevocations {
    /// Longer than the check of a token and the delay of an event loop.
    private static final Duration KEPT = Duration.ofMinutes(2);

    /// Above this number within [#KEPT], a revocation may be evicted early. A session that opens at
    /// that moment may then stay open until its token ends.
    private static final int COUNT_MAX = 100_000;

    private final Cache<ClientId, Revocation> recent;

    RecentRevocations(MonotonicClock clock) {
        recent =
                Caffeine.newBuilder()
                        .maximumSize(COUNT_MAX)
                        .expireAfterWrite(KEPT)
                        .ticker(clock::nanos)
                        .build();
    }

    void add(Revocation revocation) {
        recent.put(revocation.client(), revocation);
    }

    /// Whether one of them ends what the token granted.
    boolean end(TokenGrant session) {
        var found = recent.getIfPresent(session.client());
        return found != null && found.ends(session);
    }
}
