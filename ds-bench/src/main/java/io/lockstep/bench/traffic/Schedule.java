package io.lockstep.bench.traffic;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// An open-loop schedule: events at a rate, independent of the outcome of earlier ones.
///
/// @param startNanos `System.nanoTime()` of the first event
/// @param perSecond events per second; 0: all at the start
public record Schedule(long startNanos, double perSecond) {
    public Schedule {
        if (perSecond < 0 || Double.isNaN(perSecond)) {
            throw new IllegalArgumentException("a rate is not " + perSecond);
        }
    }

    /// Returns a start far enough ahead that all processes learn of it in time.
    public static long soon() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(200);
    }

    public long intended(long i) {
        return perSecond == 0 ? startNanos : startNanos + Math.round(i * 1e9 / perSecond);
    }

    /// Waits for a moment; returns at once if it has passed.
    public static void awaitNanos(long moment) {
        for (long left = moment - System.nanoTime(); left > 0; left = moment - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
