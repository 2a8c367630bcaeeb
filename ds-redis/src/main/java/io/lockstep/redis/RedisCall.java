package io.lockstep.redis;

import io.lettuce.core.RedisFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/// One command in flight on a [PipelinedConnection]. It is *told* once, and *settled* once: who waits is told at the
/// latest at the time-out; the place in flight is free only when Redis has answered or the connection broke.
final class RedisCall<T> {
    private final MonoSink<T> sink;
    private final long bytes;
    private final long sentNanos;
    private final int generation;
    private final AtomicBoolean told = new AtomicBoolean();
    private final AtomicBoolean settled = new AtomicBoolean();
    private volatile @Nullable RedisFuture<T> future;

    /// @param generation of the connection that it is sent on
    RedisCall(MonoSink<T> sink, long bytes, long sentNanos, int generation) {
        this.sink = sink;
        this.bytes = bytes;
        this.sentNanos = sentNanos;
        this.generation = generation;
        // An error for nobody would end in Reactor's hook for dropped errors.
        sink.onCancel(() -> told.set(true));
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
        if (told.compareAndSet(false, true)) {
            sink.success(value);
        }
    }

    /// @return false when nobody waited any more
    boolean fail(Throwable failure) {
        boolean first = told.compareAndSet(false, true);
        if (first) {
            sink.error(failure);
        }
        return first;
    }

    /// Lettuce shall not send it again.
    void giveUp() {
        var answer = future;
        if (answer != null) {
            var _ = answer.cancel(true);
        }
    }
}
