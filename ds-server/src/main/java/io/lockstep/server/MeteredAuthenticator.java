package io.lockstep.server;

import io.lockstep.auth.AuthenticationException;
import io.lockstep.auth.AuthenticationException.TokenRefusalReason;
import io.lockstep.auth.AuthenticationUnavailableException;
import io.lockstep.auth.Authenticator;
import io.lockstep.auth.DeviceRevokedException;
import io.lockstep.auth.TokenGrant;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    private static final String UNAVAILABLE = "unavailable";
    private static final String DEVICE_REVOKED = "device_revoked";
    private static final String INTERNAL = "internal";

    private final LongSupplier nanoTime;

    /// Of every reason, from the start: an alert on a counter that begins with its first refusal would
    /// miss that one.
    private final Map<String, RefusalCount> byReason;

    MeteredAuthenticator(Authenticator authenticator, MeterRegistry meters, LongSupplier nanoTime) {
        this.authenticator = authenticator;
        this.nanoTime = nanoTime;
        byReason =
                Stream.concat(
                                Arrays.stream(TokenRefusalReason.values())
                                        .map(TokenRefusalReason::wireName),
                                Stream.of(DEVICE_REVOKED, UNAVAILABLE, INTERNAL))
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        reason -> reason,
                                        reason ->
                                                new RefusalCount(
                                                        Counter.builder("lockstep.auth.refusals")
                                                                .tag("reason", reason)
                                                                .register(meters),
                                                        nanoTime.getAsLong())));
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
        var refusals = Objects.requireNonNull(byReason.get(reason));
        long count = refusals.count(nanoTime.getAsLong());
        if (count > 0) {
            LOG.info("tokens refused since the last such line: {}, reason: {}", count, reason);
        }
    }

    /// The reason as one of a closed set of tags.
    private static String reason(Throwable error) {
        return switch (error) {
            case AuthenticationException refused -> refused.reason().wireName();
            case DeviceRevokedException _ -> DEVICE_REVOKED;
            case AuthenticationUnavailableException _ -> UNAVAILABLE;
            default -> INTERNAL;
        };
    }
}
