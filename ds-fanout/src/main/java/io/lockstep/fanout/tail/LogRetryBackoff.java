package io.lockstep.fanout.tail;

import java.util.concurrent.ThreadLocalRandom;

/// The delay before the next attempt to reach an unavailable log. It doubles from 50 ms to 5 s,
/// with full jitter, so that the groups of a node do not all retry at the same time. Confined to
/// its owner.
final class LogRetryBackoff {
    private static final long FIRST_MILLIS = 50;
    private static final long MOST_MILLIS = 5_000;
    private long nextMillis = FIRST_MILLIS;

    long nextMillis() {
        long most = nextMillis;
        nextMillis = Math.min(MOST_MILLIS, 2 * nextMillis);
        return 1 + ThreadLocalRandom.current().nextLong(most);
    }

    void reset() {
        nextMillis = FIRST_MILLIS;
    }
}
