package io.lockstep.bench;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// A thread that repeats a task until it is closed. Closing waits for the running task, but for a
/// limited time.
final class Ticker implements AutoCloseable {
    private static final int STOP_SECONDS = 10;

    private final ScheduledExecutorService timer;

    Ticker(String name) {
        timer =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name(name).factory());
    }

    void start(Runnable task, int firstAfterSeconds, int pauseSeconds) {
        var _ =
                timer.scheduleWithFixedDelay(
                        task, firstAfterSeconds, pauseSeconds, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        timer.shutdown();
        try {
            if (!timer.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                timer.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
