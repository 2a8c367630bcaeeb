package io.lockstep.cli;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// Lets a moment pass on a command's own thread, where what it waits for (another process, a file) tells nobody.
final class Pause {
    private Pause() {}

    static void of(Duration moment) {
        LockSupport.parkNanos(moment.toNanos());
        if (Thread.interrupted()) {
            throw new CommandFailure("interrupted");
        }
    }
}
