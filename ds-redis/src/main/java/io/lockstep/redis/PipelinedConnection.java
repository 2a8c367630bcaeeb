package io.lockstep.redis;

import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lockstep.log.CallEffect;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// One shared, pipelined connection to Redis. Every command on it ends within the time-out, and
/// fails only with [RedisUnavailableException].
///
/// - Lettuce by itself keeps commands in flight over a reconnect and sends them again. This class
///   fails them at once and does not send them again.
/// - At most `requestsMax` commands and `requestBytesMax` bytes are in flight. A command counts
///   until Redis replies, even if its caller stopped waiting. Further commands are refused.
/// - While the oldest command in flight exceeds the time-out, new commands are refused.
/// - After each connect, writes are refused until [#allowWrites]: see [StoreVerifier].
public final class PipelinedConnection {
    /// Assumed size of a command whose caller passes no size.
    private static final int SMALL_BYTES = 256;

    private final String name;
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final RedisMetrics metrics;
    private final RedisSettings settings;
    private final MemoryGate memoryGate;
    private final Queue<RedisCall<?>> inFlight = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    /// Counts disconnects. A verification of one connection does not allow writes on the next one.
    private final AtomicInteger generation = new AtomicInteger();

    private volatile boolean writable;

    PipelinedConnection(
            String name,
            StatefulRedisConnection<byte[], byte[]> connection,
            RedisMetrics metrics,
            RedisSettings settings,
            MemoryGate memoryGate) {
        this.name = name;
        this.connection = connection;
        this.metrics = metrics;
        this.settings = settings;
        this.memoryGate = memoryGate;
        metrics.inFlight(count, bytes);
    }

    /// Sends one command without durable effect, on subscription. A nil reply completes empty.
    public <T> Mono<T> send(Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        return send(SMALL_BYTES, command);
    }

    /// @param bytes the approximate size of the command
    public <T> Mono<T> send(
            long bytes, Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        return Mono.create(sink -> start(sink, bytes, command));
    }

    /// Sends one command with a durable effect. It is refused while Redis is not verified.
    public <T> Mono<T> write(Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        return write(SMALL_BYTES, command);
    }

    /// @param bytes the approximate size of the command
    public <T> Mono<T> write(
            long bytes, Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        return Mono.create(sink -> {
            if (writable) {
                start(sink, bytes, command);
            } else {
                refuse(sink, isOpen() ? FailureCause.UNVERIFIED : FailureCause.NOT_CONNECTED, null);
            }
        });
    }

    private <T> void start(
            MonoSink<T> sink,
            long size,
            Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        var obstacle = obstacle();
        if (obstacle.isPresent()) {
            refuse(sink, obstacle.get(), null);
            return;
        }
        var call = new RedisCall<>(sink, size, System.nanoTime(), generation.get());
        if (!take(call)) {
            refuse(sink, FailureCause.OVERLOADED, null);
            return;
        }
        RedisFuture<T> future;
        try {
            future = command.apply(connection.async());
        } catch (RedisException e) {
            // Lettuce throws only for a command that it has not written.
            release(call);
            refuse(sink, isOpen() ? FailureCause.OVERLOADED : FailureCause.NOT_CONNECTED, e);
            return;
        } catch (RuntimeException | Error e) {
            release(call);
            throw e;
        }
        call.sent(future);
        var _ = future.whenComplete((value, failure) -> answered(call, value, failure));
    }

    private Optional<FailureCause> obstacle() {
        if (!isOpen()) {
            return Optional.of(FailureCause.NOT_CONNECTED);
        }
        return isStalled() ? Optional.of(FailureCause.STALLED) : Optional.empty();
    }

    /// Whether the oldest command in flight exceeds the time-out.
    boolean isStalled() {
        var oldest = inFlight.peek();
        return oldest != null && isOverdue(oldest, System.nanoTime());
    }

    private boolean isOverdue(RedisCall<?> call, long nowNanos) {
        return call.age(nowNanos) >= settings.commandTimeout().toNanos();
    }

    private boolean take(RedisCall<?> call) {
        int commands = count.incrementAndGet();
        long all = bytes.addAndGet(call.bytes());
        // A command that is longer than the limit is sent alone.
        if (commands > settings.requestsMax()
                || (commands > 1 && all > settings.requestBytesMax())) {
            count.decrementAndGet();
            bytes.addAndGet(-call.bytes());
            return false;
        }
        inFlight.add(call);
        return true;
    }

    private void release(RedisCall<?> call) {
        if (call.settle()) {
            // Replies arrive in the order of the commands: the call is at the front, or near it.
            inFlight.remove(call);
            count.decrementAndGet();
            bytes.addAndGet(-call.bytes());
        }
    }

    private void refuse(MonoSink<?> sink, FailureCause failureCause, @Nullable Throwable cause) {
        var failure = RedisUnavailableException.notSent(failureCause, cause);
        metrics.refused(failure);
        sink.error(failure);
    }

    private <T> void answered(RedisCall<T> call, @Nullable T value, @Nullable Throwable failure) {
        release(call);
        if (failure == null) {
            metrics.answered(call.age(System.nanoTime()));
            call.succeed(value);
            return;
        }
        var failureCause = RedisUnavailableException.of(unwrapped(failure));
        if (failureCause.failureCause() == FailureCause.OUT_OF_MEMORY) {
            memoryGate.refused();
        }
        if (call.fail(failureCause)) {
            metrics.failed(call.age(System.nanoTime()), failureCause);
        }
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }

    /// Fails the commands that exceed the time-out. The caller runs it often, on one thread at a
    /// time.
    void expire() {
        long now = System.nanoTime();
        for (var call : inFlight) {
            if (!isOverdue(call, now)) {
                return;
            }
            var late =
                    new RedisUnavailableException(FailureCause.TIMED_OUT, CallEffect.UNKNOWN, null);
            if (call.fail(late)) {
                metrics.failed(call.age(now), late);
            }
        }
    }

    String name() {
        return name;
    }

    boolean isOf(Object one) {
        return connection.equals(one);
    }

    boolean isOpen() {
        return connection.isOpen();
    }

    boolean isWritable() {
        return writable;
    }

    int generation() {
        return generation.get();
    }

    /// @param found the generation of the connection in which its Redis was verified
    void allowWrites(int found) {
        writable = true;
        if (found != generation.get()) {
            writable = false;
        }
    }

    void forbidWrites() {
        writable = false;
    }

    /// The connection broke. All commands in flight fail.
    void onDisconnected() {
        generation.incrementAndGet();
        writable = false;
        abandonOlder();
    }

    /// The connection is established again.
    void onReconnected() {
        metrics.reconnected();
        // Commands that were sent while the connection broke.
        abandonOlder();
    }

    private void abandonOlder() {
        int current = generation.get();
        for (var call : inFlight) {
            if (call.generation() != current) {
                release(call);
                var broken =
                        new RedisUnavailableException(
                                FailureCause.BROKEN, CallEffect.UNKNOWN, null);
                if (call.fail(broken)) {
                    metrics.failed(call.age(System.nanoTime()), broken);
                }
                call.abandon();
            }
        }
    }
}
