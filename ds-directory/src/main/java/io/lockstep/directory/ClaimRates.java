package io.lockstep.directory;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// How often users claim and are claimed from, on this node: a token bucket for each (Bucket4j). Of users
/// longest not heard of the bucket is forgotten, which fills it.
final class ClaimRates {
    private static final int USERS_MAX = 100_000;
    private static final Duration WAIT_MAX = Duration.ofHours(1);

    private final Buckets requesters;
    private final Buckets targets;

    ClaimRates(KeyPackageLimits.Rates rates, InstantSource clock) {
        var meter = new ClockMeter(clock);
        requesters = new Buckets(rates.perRequester(), rates.period(), meter);
        targets = new Buckets(rates.perTarget(), rates.period(), meter);
    }

    /// @param claims users that are asked for
    /// @return how long the requester must wait; empty when it need not, and the claims are counted
    Optional<Duration> requested(String requester, int claims) {
        return requesters.take(requester, claims);
    }

    /// @return how long whoever wants to claim from this user must wait; empty when it need not
    Optional<Duration> claimed(String target) {
        return targets.take(target, 1);
    }

    private static final class Buckets {
        private final int capacity;
        private final Duration period;
        private final TimeMeter meter;
        private final Cache<String, Bucket> byUser;

        Buckets(int capacity, Duration period, TimeMeter meter) {
            this.capacity = capacity;
            this.period = period;
            this.meter = meter;
            byUser = Caffeine.newBuilder().maximumSize(USERS_MAX).build();
        }

        Optional<Duration> take(String user, int tokens) {
            if (capacity == 0 || tokens == 0) {
                return Optional.empty();
            }
            var probe = byUser.get(user, _ -> full()).tryConsumeAndReturnRemaining(tokens);
            return probe.isConsumed()
                    ? Optional.empty()
                    : Optional.of(shorter(Duration.ofNanos(probe.getNanosToWaitForRefill())));
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
    }

    private record ClockMeter(InstantSource clock) implements TimeMeter {
        @Override
        public long currentTimeNanos() {
            var now = clock.instant();
            return now.getEpochSecond() * 1_000_000_000L + now.getNano();
        }

        @Override
        public boolean isWallClockBased() {
            return true;
        }
    }
}
