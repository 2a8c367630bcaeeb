package io.lockstep.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What is counted of one connection.
final class RedisMetrics {
    private final Timer answered;
    private final Counter refused;
    private final Counter unanswered;

    /// @param line which connection: `appends` or `questions`
    RedisMetrics(MeterRegistry registry, String line) {
        answered =
                Timer.builder("lockstep.redis.answer")
                        .description(
                                "from sending a command to its answer; an append's after fsync")
                        .tag("line", line)
                        .register(registry);
        refused =
                Counter.builder("lockstep.redis.refused")
                        .description("commands not sent: no connection, or too many in flight")
                        .tag("line", line)
                        .register(registry);
        unanswered =
                Counter.builder("lockstep.redis.unanswered")
                        .description(
                                "commands of unknown outcome: timed out, or the connection broke")
                        .tag("line", line)
                        .register(registry);
    }

    void refused() {
        refused.increment();
    }

    /// @param failure null when it was answered; an error is an answer, too
    void answered(long nanos, @Nullable Throwable failure) {
        if (failure == null || failure instanceof RedisCommandExecutionException) {
            answered.record(nanos, TimeUnit.NANOSECONDS);
        } else {
            unanswered.increment();
        }
    }
}
