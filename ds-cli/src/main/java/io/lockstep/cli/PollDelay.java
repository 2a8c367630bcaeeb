package io.lockstep.cli;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// Waits a moment on a command's own thread, for a state that sends no event (another process, a
/// file).
final class PollDelay {
    private PollDelay() {}

    static void of(Duration moment) {
        LockSupport.parkNanos(moment.toNanos());
        if (Thread.interrupted()) {
            throw new CommandFailure("interrupted");
        }
    }
}
