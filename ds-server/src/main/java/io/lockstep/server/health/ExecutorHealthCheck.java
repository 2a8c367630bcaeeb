package io.lockstep.server.health;

import java.util.Arrays;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The health check of one executor under the watchdog. At most one task of the watchdog is queued
/// in it.
final class ExecutorHealthCheck implements HealthCheck {
    private static final Logger LOG = LoggerFactory.getLogger(ExecutorHealthCheck.class);
    private static final int FRAMES_MAX = 30;

    private final WatchedExecutor executor;

    private static final int NONE = -1;

    /// Ticks for which the queued task has waited; [#NONE]: no task is queued.
    private final AtomicInteger waited = new AtomicInteger(NONE);

    /// Null until the first task ran.
    private volatile @Nullable Thread thread;

    private boolean toldStuck;

    ExecutorHealthCheck(WatchedExecutor executor) {
        this.executor = executor;
    }

    @Override
    public String name() {
        return executor.name();
    }

    /// Only the watchdog's thread calls it.
    void tick() {
        if (waited.compareAndSet(NONE, 0)) {
            if (toldStuck) {
                toldStuck = false;
                LOG.warn("{} runs again", name());
            }
            handOver();
            return;
        }
        int ticks = waited.updateAndGet(before -> before == NONE ? NONE : before + 1);
        if (ticks >= Watchdog.STUCK_TICKS && !toldStuck) {
            toldStuck = true;
            LOG.error("{} is stuck{}", name(), stack());
        }
    }

    /// If the executor refuses the task, it stays unfinished: an ended executor counts as stuck.
    private void handOver() {
        try {
            executor.executor().execute(this::answer);
        } catch (RejectedExecutionException e) {
            LOG.debug("{} takes no tasks", name(), e);
        }
    }

    private void answer() {
        thread = Thread.currentThread();
        waited.set(NONE);
    }

    private String stack() {
        var stuck = thread;
        return stuck == null
                ? ""
                : Arrays.stream(stuck.getStackTrace())
                        .limit(FRAMES_MAX)
                        .map(frame -> "\n\tat " + frame)
                        .collect(Collectors.joining());
    }

    @Override
    public Status status() {
        int ticks = waited.get();
        return ticks >= Watchdog.STUCK_TICKS
                ? HealthCheck.down("stuck: a task has waited for " + ticks + " s")
                : HealthCheck.up();
    }
}
