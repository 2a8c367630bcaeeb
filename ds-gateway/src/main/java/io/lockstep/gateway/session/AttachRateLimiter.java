package io.lockstep.gateway.session;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.lockstep.auth.ClientId;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/// How often each client may do something on this node that costs the store a step, over all its sessions: who connects again has no new burst. Kept
/// while a client has something to pay, of so many clients. Thread-safe.
public final class AttachRateLimiter {
    private static final int CLIENTS_MAX = 100_000;

    /// A client whose connection breaks may attach all its groups again so often without a pause.
    private static final int CONNECTIONS = 3;

    /// Attaches at once beside those.
    private static final int SPARE = 100;

    private final int burst;
    private final LongSupplier nanos;
    private final Cache<ClientId, AttachRate> rates;

    /// How often it may attach.
    ///
    /// @param attachedGroupsMax of one session
    /// @param nanos a monotonic clock
    public static AttachRateLimiter ofAttaches(int attachedGroupsMax, LongSupplier nanos) {
        return new AttachRateLimiter(CONNECTIONS * attachedGroupsMax + SPARE, nanos);
    }

    /// How often it may acknowledge mail.
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

    /// @return empty when this client may do it once more; else how long to wait
    Optional<Duration> take(ClientId client) {
        long now = nanos.getAsLong();
        return rates.get(client, _ -> new AttachRate(burst, now)).take(now);
    }
}
