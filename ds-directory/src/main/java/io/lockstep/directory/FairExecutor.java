package io.lockstep.directory;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Shares a few threads out between users: who has several tasks waiting gets one done in turn with the others.
///
/// Threads: *thread-safe*; the state is guarded by this object's monitor, which is not held while a task runs.
final class FairExecutor {
    private final Scheduler threads;
    private final int parallel;
    private final Map<String, Deque<Runnable>> waiting = new LinkedHashMap<>();
    private int running;

    /// @param parallel how many tasks run at the same time
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

    /// Of the user whose turn is the longest ago; the user goes to the end of the line.
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
