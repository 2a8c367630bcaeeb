package io.lockstep.client.mls;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// The thread that confines an [MlsEngine] and all objects that it creates. Many identities may
/// share one.
///
/// ```java
/// try (var mls = EngineThread.start("mls", () -> myEngine)) {
///     Mono<MlsIdentity> alice = mls.call(engine -> engine.newIdentity(identity, 1));
/// }
/// ```
///
/// Thread-safe.
public final class EngineThread implements Executor, AutoCloseable {
    private final ExecutorService thread;
    private final MlsEngine engine;

    private EngineThread(ExecutorService thread, MlsEngine engine) {
        this.thread = thread;
        this.engine = engine;
    }

    /// @param name of the thread, a daemon
    /// @param engine supplies an engine without other users; called on the calling thread
    public static EngineThread start(String name, Supplier<MlsEngine> engine) {
        var made = engine.get();
        var thread =
                Executors.newSingleThreadExecutor(task -> {
                    var t = new Thread(task, name);
                    t.setDaemon(true);
                    return t;
                });
        return new EngineThread(thread, made);
    }

    /// Runs a task with the engine, on its thread. The Mono completes there.
    public <T> Mono<T> call(Function<MlsEngine, T> task) {
        return Mono.create(sink ->
                execute(() -> {
                    try {
                        sink.success(task.apply(engine));
                    } catch (RuntimeException | Error e) {
                        // Catch errors too: the caller waits for an outcome.
                        sink.error(e);
                    }
                }));
    }

    /// Runs a task on the engine's thread, after all tasks handed in before. Drops it once closed.
    @Override
    public void execute(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            if (!thread.isShutdown()) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
