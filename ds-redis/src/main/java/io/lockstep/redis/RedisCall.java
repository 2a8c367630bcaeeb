package io.lockstep.redis;

import io.lettuce.core.RedisFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/// One command in flight on a [PipelinedConnection]. It is *told* once and *settled* once. Told:
/// the caller gets the result, at the latest at the time-out. Settled: Redis replied or the
/// connection broke, and the capacity is released.
final class RedisCall<T> {
    private final MonoSink<T> sink;
    private final long bytes;
    private final long sentNanos;
    private final int generation;
    private final AtomicBoolean completed = new AtomicBoolean();
    private final AtomicBoolean settled = new AtomicBoolean();
    private volatile @Nullable RedisFuture<T> future;

    /// @param generation the generation of the connection that the command is sent on
    RedisCall(MonoSink<T> sink, long bytes, long sentNanos, int generation) {
        this.sink = sink;
        this.bytes = bytes;
        this.sentNanos = sentNanos;
        this.generation = generation;
        // An error without a subscriber would reach Reactor's hook for dropped errors.
        sink.onCancel(() -> completed.set(true));
    }

    long bytes() {
        return bytes;
    }

    int generation() {
        return generation;
    }

    long age(long nowNanos) {
        return nowNanos - sentNanos;
    }

    void sent(RedisFuture<T> answer) {
        future = answer;
    }

    /// @return false when it was settled before
    boolean settle() {
        return settled.compareAndSet(false, true);
    }

    void succeed(@Nullable T value) {
        if (completed.compareAndSet(false, true)) {
            sink.success(value);
        }
    }

    /// @return false when no caller waits any more
    boolean fail(Throwable failure) {
        boolean first = completed.compareAndSet(false, true);
        if (first) {
            sink.error(failure);
        }
        return first;
    }

    /// Cancels the command so that Lettuce does not send it again.
    void abandon() {
        var answer = future;
        if (answer != null) {
            var _ = answer.cancel(true);
        }
    }
}
