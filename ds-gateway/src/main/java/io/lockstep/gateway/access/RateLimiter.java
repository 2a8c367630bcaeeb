package io.lockstep.gateway.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import io.lockstep.runtime.MonotonicClock;
import java.time.Duration;
import java.util.Optional;

/// A rate limiter with one token bucket per principal, on this node. A bucket is kept while it is
/// not full. The cache evicts the buckets that are used least, so a principal that is being limited
/// keeps its bucket. Thread-safe.
///
/// @param <K> principal
public final class RateLimiter<K> {
    /// A bucket occupies about 350 bytes.
    static final int PRINCIPALS_MAX = 10_000;

    private static final long PER_SECOND_MAX = 1_000_000_000;
    private static final Duration WAIT_MAX = Duration.ofMinutes(1);

    private final long burst;
    private final long perSecond;
    private final TimeMeter meter;
    private final Cache<K, Bucket> buckets;

    /// @param burst tokens at once
    /// @param perSecond tokens, long-term rate; 0 for no limit
    public RateLimiter(long burst, long perSecond, MonotonicClock clock) {
        if (perSecond < 0 || perSecond > PER_SECOND_MAX || burst < 1) {
            throw new IllegalArgumentException(
                    "a rate must be 0 to one token per nanosecond, and a burst 1 or more");
        }
        this.burst = burst;
        this.perSecond = perSecond;
        meter = new LimiterClock(clock, clock.nanos());
        var caching = Caffeine.newBuilder().maximumSize(PRINCIPALS_MAX).ticker(clock::nanos);
        if (perSecond > 0) {
            // A bucket that nobody used for this long is full again, whatever it owed.
            caching.expireAfterAccess(Duration.ofSeconds(1 + 2 * burst / perSecond));
        }
        buckets = caching.build();
    }

    /// @return how long the principal must wait for the tokens; empty if they were taken
    public Optional<Duration> take(K principal, long tokens) {
        if (perSecond == 0 || tokens == 0) {
            return Optional.empty();
        }
        var probe = of(principal).tryConsumeAndReturnRemaining(tokens);
        return probe.isConsumed() ? Optional.empty() : waitOf(probe.getNanosToWaitForRefill());
    }

    /// @return how long until the principal has a token; empty if it has one. Takes none.
    public Optional<Duration> delayForOne(K principal) {
        var bucket = buckets.getIfPresent(principal);
        if (bucket == null) {
            return Optional.empty();
        }
        var probe = bucket.estimateAbilityToConsume(1);
        return probe.canBeConsumed() ? Optional.empty() : waitOf(probe.getNanosToWaitForRefill());
    }

    /// Takes a token even if the bucket is empty. The debt is at most one full bucket.
    public void charge(K principal) {
        if (perSecond == 0) {
            return;
        }
        var bucket = of(principal);
        if (bucket.getAvailableTokens() > -burst) {
            bucket.consumeIgnoringRateLimits(1);
        }
    }

    private Bucket of(K principal) {
        return buckets.get(principal, _ -> full());
    }

    private Bucket full() {
        return Bucket.builder()
                .addLimit(
                        Bandwidth.builder()
                                .capacity(burst)
                                .refillGreedy(perSecond, Duration.ofSeconds(1))
                                .build())
                .withCustomTimePrecision(meter)
                .build();
    }

    private static Optional<Duration> waitOf(long nanos) {
        var wait = Duration.ofNanos(nanos);
        return Optional.of(wait.compareTo(WAIT_MAX) < 0 ? wait : WAIT_MAX);
    }

    /// Bucket4j compares absolute times, not differences. This clock therefore starts at 0.
    private record LimiterClock(MonotonicClock clock, long startNanos) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return clock.nanos() - startNanos;
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
