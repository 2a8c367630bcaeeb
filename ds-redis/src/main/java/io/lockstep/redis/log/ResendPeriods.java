package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;

/// Maps times to periods of 14 days, by which resend keys (for deduplication) are stored in Redis.
/// The keys of one epoch and period are one hash. Redis deletes it when its newest key is no longer
/// needed, so no cleanup is necessary. A group that never commits keeps no key for longer than its
/// window and one period.
final class ResendPeriods {
    static final Duration PERIOD = Duration.ofDays(14);

    private ResendPeriods() {}

    static long of(long acceptedAtMillis) {
        return acceptedAtMillis / PERIOD.toMillis();
    }

    /// The periods whose hashes may still exist, for a group of this retention. A hash lives for
    /// the retention (a day at least), a period and a day, from its first key on.
    static List<Long> notExpired(Duration retention, long nowMillis) {
        long newest = of(nowMillis + 2 * LogLimits.CLOCK_SKEW_MAX.toMillis());
        long life =
                Math.max(retention.toMillis(), LogLimits.RESEND_WINDOW_MIN.toMillis())
                        + PERIOD.plusDays(1).toMillis();
        return LongStream.rangeClosed(of(nowMillis - life) - 1, newest).boxed().toList();
    }

    /// The periods that may contain a key that is still needed, newest first, for every retention.
    /// The clocks of two nodes may differ by twice the allowed difference between one node and the
    /// store.
    static List<Long> upTo(long nowMillis) {
        long newest = of(nowMillis + 2 * LogLimits.CLOCK_SKEW_MAX.toMillis());
        long oldest = of(nowMillis - LogLimits.RETENTION_MAX.toMillis());
        return LongStream.rangeClosed(oldest, newest)
                .map(p -> newest + oldest - p)
                .boxed()
                .toList();
    }
}
