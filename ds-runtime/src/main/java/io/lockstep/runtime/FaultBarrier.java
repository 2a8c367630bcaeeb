package io.lockstep.runtime;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Prevents a failure in one run of a task, or at one item of a stream, from ending the task or the
/// stream.
///
/// Java's executors and Reactor both end a repeated task at its first exception, silently.
/// Therefore every repeated task, and every subscription that must live as long as the process,
/// uses this class; `ArchitectureTest` enforces that. Thread-safe.
public final class FaultBarrier {
    private static final Logger LOG = LoggerFactory.getLogger(FaultBarrier.class);

    private FaultBarrier() {}

    /// A task that never throws: its exceptions are logged under its name.
    public static Runnable task(String name, Runnable task) {
        return () -> run(name, task);
    }

    /// A consumer that never throws.
    public static <T> Consumer<T> each(String name, Consumer<? super T> consumer) {
        return item -> run(name, () -> consumer.accept(item));
    }

    /// Runs the task now.
    ///
    /// @return whether it completed without an exception
    public static boolean run(String name, Runnable task) {
        try {
            task.run();
            return true;
        } catch (Throwable e) {
            failed(name, e);
            return false;
        }
    }

    /// Runs the task periodically, until the executor ends.
    public static void every(
            String name, Duration period, ScheduledExecutorService executor, Runnable task) {
        long nanos = Math.max(1, period.toNanos());
        var _ = executor.scheduleAtFixedRate(task(name, task), nanos, nanos, TimeUnit.NANOSECONDS);
    }

    /// Runs the task periodically, until it is disposed of or the scheduler ends.
    public static Disposable every(
            String name, Duration period, Scheduler scheduler, Runnable task) {
        long nanos = Math.max(1, period.toNanos());
        return scheduler.schedulePeriodically(task(name, task), nanos, nanos, TimeUnit.NANOSECONDS);
    }

    /// Ticks that do not wait for a slow subscriber: a tick that comes too early is dropped.
    public static Flux<Long> ticks(Duration first, Duration period, Scheduler scheduler) {
        return Flux.interval(first, period, scheduler).onBackpressureDrop();
    }

    /// The work for one item of a stream that must continue: empty where the work throws or fails.
    /// Exceptions of the work are caught here, because Reactor rethrows an `OutOfMemoryError` or a
    /// `LinkageError` instead of passing it down the stream, and the stream would stop.
    public static <T, R> Function<T, Mono<R>> mono(String name, Function<? super T, Mono<R>> work) {
        return item ->
                Mono.defer(
                                () -> {
                                    try {
                                        return work.apply(item);
                                    } catch (Throwable e) {
                                        return empty(name, e);
                                    }
                                })
                        .onErrorResume(e -> empty(name, e));
    }

    /// The same for work with many results.
    public static <R> Flux<R> flux(String name, Supplier<? extends Publisher<R>> work) {
        return Flux.defer(
                        () -> {
                            try {
                                return work.get();
                            } catch (Throwable e) {
                                return FaultBarrier.<R>empty(name, e);
                            }
                        })
                .onErrorResume(e -> empty(name, e));
    }

    /// Calls the supplier. An exception of the call becomes an error of the returned Mono, so that
    /// its subscriber is notified.
    public static <R> Mono<R> answer(Supplier<Mono<R>> asking) {
        return Mono.defer(() -> {
            try {
                return asking.get();
            } catch (RuntimeException e) {
                return Mono.error(e);
            } catch (Throwable e) {
                return Mono.error(new IllegalStateException("the call failed", e));
            }
        });
    }

    private static <R> Mono<R> empty(String name, Throwable error) {
        failed(name, error);
        return Mono.empty();
    }

    /// Logging may itself fail for lack of memory.
    private static void failed(String name, Throwable error) {
        try {
            LOG.error("{} failed and continues", name, error);
        } catch (Throwable _) {
            // The task continues without a log line.
        }
    }
}
