package io.lockstep.server;

import io.lockstep.auth.AuthenticationException;
import io.lockstep.auth.AuthenticationUnavailableException;
import io.lockstep.auth.Authenticator;
import io.lockstep.auth.DeviceRevokedException;
import io.lockstep.auth.TokenGrant;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// An authenticator that counts and logs refused tokens by reason. Neither log lines nor meters
/// contain any part of a token. Each reason is logged at most once in [#LINE_EVERY], so that
/// unauthenticated clients cannot fill the log.
///
/// Threads: *thread-safe*.
final class MeteredAuthenticator implements Authenticator {
    private static final Logger LOG = LoggerFactory.getLogger(MeteredAuthenticator.class);

    static final Duration LINE_EVERY = Duration.ofSeconds(10);

    private final Authenticator authenticator;
    private final MeterRegistry meters;
    private final LongSupplier nanoTime;
    private final Map<String, RefusalCount> byReason = new ConcurrentHashMap<>();

    MeteredAuthenticator(Authenticator authenticator, MeterRegistry meters, LongSupplier nanoTime) {
        this.authenticator = authenticator;
        this.meters = meters;
        this.nanoTime = nanoTime;
    }

    /// The refusals for one reason.
    private static final class RefusalCount {
        private final Counter counter;
        private final AtomicLong untold = new AtomicLong();
        private final AtomicLong nextLine;

        RefusalCount(Counter counter, long now) {
            this.counter = counter;
            nextLine = new AtomicLong(now);
        }

        /// @return how many were refused since the last log line; 0: too early for the next line
        long count(long now) {
            counter.increment();
            long refused = untold.incrementAndGet();
            long due = nextLine.get();
            if (now - due < 0 || !nextLine.compareAndSet(due, now + LINE_EVERY.toNanos())) {
                return 0;
            }
            untold.addAndGet(-refused);
            return refused;
        }
    }

    @Override
    public Mono<TokenGrant> authenticate(String token) {
        return authenticator.authenticate(token).doOnError(this::refused);
    }

    private void refused(Throwable error) {
        var reason = reason(error);
        var refusals =
                byReason.computeIfAbsent(
                        reason,
                        name ->
                                new RefusalCount(
                                        Counter.builder("lockstep.auth.refusals")
                                                .tag("reason", name)
                                                .register(meters),
                                        nanoTime.getAsLong()));
        long count = refusals.count(nanoTime.getAsLong());
        if (count > 0) {
            LOG.info("tokens refused since the last such line: {}, reason: {}", count, reason);
        }
    }

    /// The reason as one of a closed set of tags.
    private static String reason(Throwable error) {
        return switch (error) {
            case AuthenticationException refused -> refused.reason().wireName();
            case DeviceRevokedException _ -> "device_revoked";
            case AuthenticationUnavailableException _ -> "unavailable";
            default -> "internal";
        };
    }
}
