package io.lockstep.gateway.blob;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.lockstep.auth.ClientId;
import io.lockstep.gateway.BlobLimits;
import java.time.Duration;
import java.util.Optional;

/// How many bytes each client may upload to this node: a token bucket per client, kept while it is not full.
public final class UploadRates {
    private static final long CLIENTS_MAX = 100_000;

    private final BlobLimits limits;
    private final Cache<ClientId, Bucket> buckets;

    public UploadRates(BlobLimits limits) {
        this.limits = limits;
        buckets =
                Caffeine.newBuilder()
                        .maximumSize(CLIENTS_MAX)
                        .expireAfterAccess(
                                Duration.ofSeconds(
                                        1
                                                + limits.uploadBurstBytes()
                                                        / limits.uploadBytesPerSecond()))
                        .build();
    }

    /// @return how long the client must wait for so many; empty when it may have them, and has taken them
    public Optional<Duration> take(ClientId client, int bytes) {
        var probe = buckets.get(client, _ -> bucket()).tryConsumeAndReturnRemaining(bytes);
        return probe.isConsumed()
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    private Bucket bucket() {
        return Bucket.builder()
                .addLimit(
                        Bandwidth.builder()
                                .capacity(limits.uploadBurstBytes())
                                .refillGreedy(limits.uploadBytesPerSecond(), Duration.ofSeconds(1))
                                .build())
                .build();
    }
}
