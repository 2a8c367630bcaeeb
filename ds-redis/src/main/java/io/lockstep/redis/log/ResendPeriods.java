package io.lockstep.redis.log;

import io.lockstep.log.LogLimits;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;

/// The periods of 14 days into which resend keys are divided. The keys of an epoch and period are one hash,
/// which Redis deletes when its newest key is no longer needed: nobody has to clean up, and a group that
/// never commits keeps no key for longer than its window and a period.
final class ResendPeriods {
    static final Duration PERIOD = Duration.ofDays(14);

    private ResendPeriods() {}

    static long of(long acceptedAtMillis) {
        return acceptedAtMillis / PERIOD.toMillis();
    }

    /// Those in which a key may lie that is still needed, whatever the group's retention is, newest first.
    /// Two nodes may differ by twice what one may differ from the store.
    static List<Long> upTo(long nowMillis) {
        long newest = of(nowMillis + 2 * LogLimits.CLOCK_SKEW_MAX.toMillis());
        long oldest = of(nowMillis - LogLimits.RETENTION_MAX.toMillis());
        return LongStream.rangeClosed(oldest, newest)
                .map(p -> newest + oldest - p)
                .boxed()
                .toList();
    }
}
