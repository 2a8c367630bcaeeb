package io.lockstep.directory;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/// A token bucket (Bucket4j) for each of many names, on this node. The least recently used bucket
/// is evicted, which refills it. Time is monotonic, so setting a clock neither empties nor fills a
/// bucket.
final class TokenBuckets {
    private static final int NAMES_MAX = 100_000;
    private static final Duration WAIT_MAX = Duration.ofHours(1);

    private final int capacity;
    private final Duration period;
    private final TimeMeter meter;
    private final Cache<String, Bucket> byName;

    /// @param capacity both the burst and the refill over the period; 0 for unlimited
    /// @param nanos a monotonic clock
    TokenBuckets(int capacity, Duration period, LongSupplier nanos) {
        this.capacity = capacity;
        this.period = period;
        meter = new BucketClock(nanos);
        byName = Caffeine.newBuilder().maximumSize(NAMES_MAX).build();
    }

    /// @return how long to wait; empty when no wait is needed, and the tokens are taken
    Optional<Duration> take(String name, int tokens) {
        if (capacity == 0 || tokens == 0) {
            return Optional.empty();
        }
        var probe = of(name).tryConsumeAndReturnRemaining(tokens);
        return probe.isConsumed()
                ? Optional.empty()
                : Optional.of(shorter(Duration.ofNanos(probe.getNanosToWaitForRefill())));
    }

    /// @return how long until there is a token; empty when there is one, which is not taken
    Optional<Duration> waitForOne(String name) {
        if (capacity == 0) {
            return Optional.empty();
        }
        var probe = of(name).estimateAbilityToConsume(1);
        return probe.canBeConsumed()
                ? Optional.empty()
                : Optional.of(shorter(Duration.ofNanos(probe.getNanosToWaitForRefill())));
    }

    /// Takes tokens even if they are not available yet.
    void owe(String name, int tokens) {
        if (capacity > 0 && tokens > 0) {
            of(name).consumeIgnoringRateLimits(tokens);
        }
    }

    /// The number of tokens that were taken and not refilled.
    long taken(String name) {
        return capacity == 0 ? 0 : capacity - of(name).getAvailableTokens();
    }

    long available(String name) {
        return capacity == 0 ? Long.MAX_VALUE : of(name).getAvailableTokens();
    }

    private Bucket of(String name) {
        return byName.get(name, _ -> full());
    }

    private Bucket full() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(capacity).refillGreedy(capacity, period))
                .withCustomTimePrecision(meter)
                .build();
    }

    private static Duration shorter(Duration wait) {
        return wait.compareTo(WAIT_MAX) < 0 ? wait : WAIT_MAX;
    }

    private record BucketClock(LongSupplier nanos) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            return nanos.getAsLong();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
