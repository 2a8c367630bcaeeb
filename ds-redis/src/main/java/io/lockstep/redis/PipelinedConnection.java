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

/// One shared, pipelined connection. Every command on it ends within the time-out, and fails with
/// [RedisUnavailableException] only.
///
/// - Lettuce alone keeps commands in flight over a reconnect and sends them again. Here they fail at once and
///   are not sent again.
/// - In flight are at most `requestsMax` commands and `requestBytesMax` bytes, counted until Redis answers, not
///   until somebody stops waiting. More are refused.
/// - While the oldest command in flight is overdue, Redis does not answer: new commands are refused.
/// - Writes are refused until [#allowWrites] after each connect: see [StoreVerifier].
public final class PipelinedConnection {
    /// What a command takes that does not say so.
    private static final int SMALL_BYTES = 256;

    private final String name;
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final RedisMetrics metrics;
    private final RedisSettings settings;
    private final Queue<RedisCall<?>> inFlight = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    /// Counts disconnects, so that what was found out on one connection allows nothing on the next.
    private final AtomicInteger generation = new AtomicInteger();

    private volatile boolean writable;

    PipelinedConnection(
            String name,
            StatefulRedisConnection<byte[], byte[]> connection,
            RedisMetrics metrics,
            RedisSettings settings) {
        this.name = name;
        this.connection = connection;
        this.metrics = metrics;
        this.settings = settings;
        metrics.inFlight(count, bytes);
    }

    /// Sends one command that changes nothing durable, when subscribed to. A Redis nil completes empty.
    public <T> Mono<T> send(Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        return send(SMALL_BYTES, command);
    }

    /// @param bytes about how long the command is
    public <T> Mono<T> send(
            long bytes, Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        return Mono.create(sink -> start(sink, bytes, command));
    }

    /// Sends one command that changes something durable: refused while Redis is not verified.
    public <T> Mono<T> write(Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        return write(SMALL_BYTES, command);
    }

    /// @param bytes about how long the command is
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
            // Lettuce throws only what it has not written.
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

    /// Whether the oldest command in flight is overdue.
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
        // One that is longer than the limit goes alone.
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
            // Answers come in the order of the commands: it is at the front, or close to it.
            inFlight.remove(call);
            count.decrementAndGet();
            bytes.addAndGet(-call.bytes());
        }
    }

    private void refuse(MonoSink<?> sink, FailureCause trouble, @Nullable Throwable cause) {
        var failure = RedisUnavailableException.notSent(trouble, cause);
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
        var trouble = RedisUnavailableException.of(unwrapped(failure));
        if (call.fail(trouble)) {
            metrics.failed(call.age(System.nanoTime()), trouble);
        }
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }

    /// Tells those who have waited too long. To be called often, on one thread at a time.
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

    /// @param found the generation in which the Redis behind it was verified
    void allowWrites(int found) {
        writable = true;
        if (found != generation.get()) {
            writable = false;
        }
    }

    void forbidWrites() {
        writable = false;
    }

    /// The connection broke: what was in flight is lost.
    void broke() {
        generation.incrementAndGet();
        writable = false;
        giveUpOlder();
    }

    /// The connection stands anew.
    void reconnected() {
        metrics.reconnected();
        // What was sent while the connection broke.
        giveUpOlder();
    }

    private void giveUpOlder() {
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
                call.giveUp();
            }
        }
    }
}
