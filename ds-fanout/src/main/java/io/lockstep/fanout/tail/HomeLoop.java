package io.lockstep.fanout.tail;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/// The event loop that runs one group's tail. Its tasks run one after the other. After the loop has
/// stopped no task runs, and that is not an error.
record HomeLoop(EventLoop loop) {
    /// @return false when the loop has stopped
    boolean run(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException _) {
            return false;
        }
    }

    boolean runAfter(long millis, Runnable task) {
        try {
            var _ = loop.schedule(task, millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (RejectedExecutionException _) {
            return false;
        }
    }
}
