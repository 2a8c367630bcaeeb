package io.lockstep.fanout.tail;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/// The event loop that looks after one group's tail: what runs on it runs one after the other. After the
/// loop has stopped nothing runs any more, and that is no error.
record Home(EventLoop loop) {
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
