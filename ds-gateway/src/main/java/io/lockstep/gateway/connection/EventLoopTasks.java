package io.lockstep.gateway.connection;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;

/// How other threads hand tasks to a connection's event loop.
public final class EventLoopTasks {
    private EventLoopTasks() {}

    /// Runs it on the event loop, or not at all where that has ended with the server: an answer may come later than
    /// that, and nobody waits for it any more. Callable from any thread.
    public static void run(EventExecutor loop, Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            if (!loop.isShuttingDown()) {
                throw e;
            }
        }
    }
}
