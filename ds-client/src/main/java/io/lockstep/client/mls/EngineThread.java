package io.lockstep.client.mls;

import io.lockstep.client.ClientClosedException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

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

    /// The calls that have not ended.
    private final Set<MonoSink<?>> waiting = ConcurrentHashMap.newKeySet();

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
        return begin(sink -> sink.success(task.apply(engine)));
    }

    /// Runs a task on the engine's thread that ends the sink then or later. If the task throws, or
    /// the engine is closed before, the sink fails.
    public <T> Mono<T> begin(Consumer<MonoSink<T>> task) {
        return Mono.create(sink -> {
            waiting.add(sink);
            sink.onDispose(() -> waiting.remove(sink));
            execute(() -> {
                try {
                    task.accept(sink);
                } catch (RuntimeException | Error e) {
                    // Catch errors too: the caller waits for an outcome.
                    sink.error(e);
                }
            });
            if (thread.isShutdown()) {
                endAll();
            }
        });
    }

    private void endAll() {
        for (var sink : List.copyOf(waiting)) {
            if (waiting.remove(sink)) {
                sink.error(new ClientClosedException("the MLS engine is closed"));
            }
        }
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

    /// Ends every call that waits.
    @Override
    public void close() {
        thread.shutdownNow();
        endAll();
    }
}
