package io.lockstep.redis;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Spreads background work over time: keys and values that are read, and bytes.
///
/// Threads: *confined to one stream*, which waits for each [#take].
final class WorkBudget {
    private static final long KEYS_PER_SECOND = 2_000;
    private static final long BYTES_PER_SECOND = 8 << 20;
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    /// Shorter waits are saved up.
    private static final long WAIT_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(5);

    private final Scheduler scheduler;
    private long freeAtNanos;

    WorkBudget(Scheduler scheduler) {
        this.scheduler = scheduler;
        freeAtNanos = now();
    }

    private long now() {
        return scheduler.now(TimeUnit.NANOSECONDS);
    }

    /// Completes when the work may go on.
    Mono<Void> take(long keys, long bytes) {
        return Mono.defer(() -> {
            long now = now();
            long cost =
                    keys * SECOND_NANOS / KEYS_PER_SECOND + bytes * SECOND_NANOS / BYTES_PER_SECOND;
            freeAtNanos = Math.max(freeAtNanos, now) + cost;
            long wait = freeAtNanos - now;
            return wait < WAIT_NANOS_MIN
                    ? Mono.empty()
                    : Mono.delay(Duration.ofNanos(wait), scheduler).then();
        });
    }
}
