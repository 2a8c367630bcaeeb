package io.lockstep.directory;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Runs tasks of many users on a few threads. Users with waiting tasks take turns, one task each.
///
/// Threads: *thread-safe*. This object's monitor guards the state; no task runs under it.
final class FairExecutor {
    private final Scheduler threads;
    private final int parallel;
    private final Map<String, Deque<Runnable>> waiting = new LinkedHashMap<>();
    private int running;

    /// @param parallel number of tasks that run at the same time
    FairExecutor(Scheduler threads, int parallel) {
        this.threads = threads;
        this.parallel = parallel;
    }

    /// Runs the task on one of the threads, in the user's turn.
    <T> Mono<T> run(String user, Callable<T> task) {
        return Mono.create(sink -> {
            synchronized (this) {
                waiting.computeIfAbsent(user, _ -> new ArrayDeque<>())
                        .add(() -> {
                            try {
                                sink.success(task.call());
                            } catch (Exception e) {
                                sink.error(e);
                            }
                        });
            }
            pump();
        });
    }

    private void pump() {
        while (true) {
            Runnable next;
            synchronized (this) {
                if (running == parallel || waiting.isEmpty()) {
                    return;
                }
                next = nextInTurn();
                running++;
            }
            var _ =
                    threads.schedule(() -> {
                        try {
                            next.run();
                        } finally {
                            synchronized (this) {
                                running--;
                            }
                            pump();
                        }
                    });
        }
    }

    /// Takes a task of the user with the least recent turn, and moves the user to the end of the
    /// queue.
    private Runnable nextInTurn() {
        var first = waiting.entrySet().iterator().next();
        var user = first.getKey();
        var tasks = first.getValue();
        waiting.remove(user);
        var next = tasks.removeFirst();
        if (!tasks.isEmpty()) {
            waiting.put(user, tasks);
        }
        return next;
    }
}
