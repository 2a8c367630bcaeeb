package io.lockstep.redis;

import io.lockstep.log.CallEffect;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is counted of one connection, and the log of what went wrong on it: a line for each kind of trouble, no
/// more than one a minute.
final class RedisMetrics {
    private static final Logger log = LoggerFactory.getLogger(PipelinedConnection.class);
    private static final long LOG_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final MeterRegistry registry;
    private final String line;
    private final Timer answered;
    private final Counter reconnects;
    private final ConcurrentHashMap<FailureCause, FailureCount> seen = new ConcurrentHashMap<>();

    /// @param line which connection
    RedisMetrics(MeterRegistry registry, String line) {
        this.registry = registry;
        this.line = line;
        answered =
                Timer.builder("lockstep.redis.answer")
                        .description(
                                "From sending a command to its answer; an append's after fsync.")
                        .tag("line", line)
                        .register(registry);
        reconnects =
                Counter.builder("lockstep.redis.reconnects")
                        .description("Connections that were made anew after a break.")
                        .tag("line", line)
                        .register(registry);
    }

    void inFlight(AtomicInteger count, AtomicLong bytes) {
        Gauge.builder("lockstep.redis.in.flight", count, AtomicInteger::get)
                .description("Commands sent that Redis has not answered.")
                .tag("line", line)
                .strongReference(true)
                .register(registry);
        Gauge.builder("lockstep.redis.in.flight.bytes", bytes, AtomicLong::get)
                .description("Bytes of commands sent that Redis has not answered.")
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

    /// A command that was not sent.
    void refused(RedisUnavailableException failure) {
        of(failure.trouble()).count("refused", failure);
    }

    /// A command that was sent.
    void failed(long nanos, RedisUnavailableException failure) {
        // An error is an answer, too.
        if (failure.effect() == CallEffect.NOT_EXECUTED
                || failure.trouble() == FailureCause.ERROR) {
            answered(nanos);
        }
        // An unknown script is sent whole, then.
        if (failure.trouble() != FailureCause.NO_SCRIPT) {
            of(failure.trouble()).count("failed", failure);
        }
    }

    private FailureCount of(FailureCause trouble) {
        return seen.computeIfAbsent(trouble, FailureCount::new);
    }

    /// How often one kind of trouble was seen, and when it was last logged.
    private final class FailureCount {
        private final Counter counter;
        private final AtomicLong unlogged = new AtomicLong();
        private final AtomicLong loggedNanos = new AtomicLong(System.nanoTime() - LOG_NANOS);

        FailureCount(FailureCause trouble) {
            counter =
                    Counter.builder("lockstep.redis.errors")
                            .description("Commands that Redis did not carry out, by reason.")
                            .tag("line", line)
                            .tag("trouble", trouble.tag())
                            .register(registry);
        }

        void count(String what, RedisUnavailableException failure) {
            counter.increment();
            unlogged.incrementAndGet();
            long now = System.nanoTime();
            long logged = loggedNanos.get();
            if (now - logged >= LOG_NANOS && loggedNanos.compareAndSet(logged, now)) {
                log.warn(
                        "Redis connection {}: {} command(s) {}: {}",
                        line,
                        unlogged.getAndSet(0),
                        what,
                        failure.getMessage());
            }
        }
    }
}
