package io.lockstep.redis;

import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/// One shared, pipelined connection that fails what is in flight when it breaks.
///
/// Lettuce alone keeps commands in flight over a reconnect and sends them again; here they fail at once
/// and are not sent again, so that nobody waits for an outcome that only a new question can tell.
public final class RedisLine {
    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final RedisMetrics metrics;
    private final Set<RedisFuture<?>> inFlight = ConcurrentHashMap.newKeySet();

    RedisLine(StatefulRedisConnection<byte[], byte[]> connection, RedisMetrics metrics) {
        this.connection = connection;
        this.metrics = metrics;
    }

    /// Sends one command when subscribed to. A Redis nil completes empty.
    public <T> Mono<T> send(Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<T>> command) {
        return Mono.create(sink -> {
            RedisFuture<T> future;
            try {
                future = command.apply(connection.async());
            } catch (RedisException e) {
                metrics.refused();
                sink.error(e);
                return;
            }
            inFlight.add(future);
            long begun = System.nanoTime();
            future.whenComplete((value, failure) -> {
                inFlight.remove(future);
                metrics.answered(System.nanoTime() - begun, failure);
                if (failure == null) {
                    sink.success(value);
                } else {
                    sink.error(cause(failure));
                }
            });
        });
    }

    boolean isOf(Object broken) {
        return connection.equals(broken);
    }

    boolean isOpen() {
        return connection.isOpen();
    }

    void broke() {
        for (var future : inFlight) {
            var _ =
                    future.toCompletableFuture()
                            .completeExceptionally(new RedisException("the connection broke"));
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }
}
