package io.lockstep.redis;

import io.lockstep.log.CallEffect;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Metrics of one connection, and the log of its failures: one line for each cause, at most one a
/// minute.
final class RedisMetrics {
    private static final Logger LOG = LoggerFactory.getLogger(PipelinedConnection.class);
    private static final long LOG_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final MeterRegistry registry;
    private final String line;
    private final Timer answered;
    private final Counter reconnects;

    /// Of every cause, from the start: an alert on a counter that begins with its first failure would
    /// miss that one.
    private final Map<FailureCause, FailureCount> failures = new EnumMap<>(FailureCause.class);

    /// @param line name of the connection
    RedisMetrics(MeterRegistry registry, String line) {
        this.registry = registry;
        this.line = line;
        answered =
                Timer.builder("lockstep.redis.answer")
                        .description(
                                "From sending a command to its reply. The reply to an append"
                                        + " follows the fsync.")
                        .tag("line", line)
                        .register(registry);
        reconnects =
                Counter.builder("lockstep.redis.reconnects")
                        .description("Reconnects after a broken connection.")
                        .tag("line", line)
                        .register(registry);
        for (var cause : FailureCause.values()) {
            failures.put(cause, new FailureCount(cause));
        }
    }

    void inFlight(AtomicInteger count, AtomicLong bytes) {
        Gauge.builder("lockstep.redis.in.flight", count, AtomicInteger::get)
                .description("Commands sent to Redis that have no reply yet.")
                .tag("line", line)
                .strongReference(true)
                .register(registry);
        Gauge.builder("lockstep.redis.in.flight.bytes", bytes, AtomicLong::get)
                .description("Bytes of commands sent to Redis that have no reply yet.")
                .tag("line", line)
                .strongReference(true)
                .register(registry);
    }

    void reconnected() {
        reconnects.increment();
    }

    void answered(long nanos) {
        answered.record(nanos, TimeUnit.NANOSECONDS);
    }

    /// Records a command that was not sent.
    void refused(RedisUnavailableException failure) {
        of(failure.failureCause()).count("refused", failure);
    }

    /// Records a command that was sent and failed.
    void failed(long nanos, RedisUnavailableException failure) {
        // An error reply is a reply, too.
        if (failure.effect() == CallEffect.NOT_EXECUTED
                || failure.failureCause() == FailureCause.ERROR) {
            answered(nanos);
        }
        // The full text of an unknown script is sent next.
        if (failure.failureCause() != FailureCause.NO_SCRIPT) {
            of(failure.failureCause()).count("failed", failure);
        }
    }

    private FailureCount of(FailureCause failureCause) {
        return Objects.requireNonNull(failures.get(failureCause));
    }

    /// The number of failures of one cause, and the time of its last log line.
    private final class FailureCount {
        private final Counter counter;
        private final AtomicLong unlogged = new AtomicLong();
        private final AtomicLong loggedNanos = new AtomicLong(System.nanoTime() - LOG_NANOS);

        FailureCount(FailureCause failureCause) {
            counter =
                    Counter.builder("lockstep.redis.errors")
                            .description("Commands that Redis did not execute, by reason.")
                            .tag("line", line)
                            .tag("trouble", failureCause.tag())
                            .register(registry);
        }

        void count(String what, RedisUnavailableException failure) {
            counter.increment();
            unlogged.incrementAndGet();
            long now = System.nanoTime();
            long logged = loggedNanos.get();
            if (now - logged >= LOG_NANOS && loggedNanos.compareAndSet(logged, now)) {
                LOG.warn(
                        "Redis connection {}: {} command(s) {}: {}",
                        line,
                        unlogged.getAndSet(0),
                        what,
                        failure.getMessage());
            }
        }
    }
}
