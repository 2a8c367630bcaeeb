package io.lockstep.bench.traffic;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// When things are meant to happen: at a rate, whatever became of those before (an open loop).
///
/// @param startNanos `System.nanoTime()` of the first
/// @param perSecond 0: all at the start
public record Schedule(long startNanos, double perSecond) {
    public Schedule {
        if (perSecond < 0 || Double.isNaN(perSecond)) {
            throw new IllegalArgumentException("a rate is not " + perSecond);
        }
    }

    /// A start far enough from now that everybody can be told of it.
    public static long soon() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200);
    }

    public long intended(long i) {
        return perSecond == 0 ? startNanos : startNanos + Math.round(i * 1e9 / perSecond);
    }

    /// Waits for a moment; returns at once when it has passed.
    public static void awaitNanos(long moment) {
        for (long left = moment - System.nanoTime(); left > 0; left = moment - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
