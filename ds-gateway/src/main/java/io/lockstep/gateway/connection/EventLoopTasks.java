package io.lockstep.gateway.connection;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;

/// Hands tasks from other threads to a connection's event loop.
public final class EventLoopTasks {
    private EventLoopTasks() {}

    /// Runs the task on the event loop. Drops it if the event loop has stopped with the server: an
    /// answer may arrive after that, and no client waits for it. Callable from any thread.
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
