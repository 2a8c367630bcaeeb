package io.lockstep.gateway.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.lockstep.auth.ClientId;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/// Limits how often a client may do something that costs the store a query, over all its sessions
/// on this node: a client that reconnects gets no new burst. Keeps a bucket until it is full again,
/// for at most 100,000 clients. Thread-safe.
public final class AttachRateLimiter {
    private static final int CLIENTS_MAX = 100_000;

    /// A client whose connection breaks may attach all its groups this many times without a pause.
    private static final int CONNECTIONS = 3;

    /// Additional attaches at once.
    private static final int SPARE = 100;

    private final int burst;
    private final LongSupplier nanos;
    private final Cache<ClientId, AttachRate> rates;

    /// Limits attaches.
    ///
    /// @param attachedGroupsMax of one session
    /// @param nanos a monotonic clock
    public static AttachRateLimiter ofAttaches(int attachedGroupsMax, LongSupplier nanos) {
        return new AttachRateLimiter(CONNECTIONS * attachedGroupsMax + SPARE, nanos);
    }

    /// Limits acknowledgements of inbox items.
    ///
    /// @param nanos a monotonic clock
    public static AttachRateLimiter ofInboxAcks(LongSupplier nanos) {
        return new AttachRateLimiter(InboxAcks.BURST, nanos);
    }

    private AttachRateLimiter(int burst, LongSupplier nanos) {
        this.burst = burst;
        this.nanos = nanos;
        rates =
                Caffeine.newBuilder()
                        .maximumSize(CLIENTS_MAX)
                        .expireAfterAccess(AttachRate.EACH.multipliedBy(burst).plusSeconds(1))
                        .build();
    }

    /// @return empty if the client may do it once more; else how long to wait
    Optional<Duration> take(ClientId client) {
        return take(client, 1);
    }

    /// Takes all or none.
    ///
    /// @param count at most the burst
    /// @return empty if the client may do it that many times more; else how long to wait
    Optional<Duration> take(ClientId client, int count) {
        long now = nanos.getAsLong();
        return rates.get(client, _ -> new AttachRate(burst, now)).take(count, now);
    }
}
