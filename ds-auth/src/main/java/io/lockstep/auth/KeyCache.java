package io.lockstep.auth;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Caches the keys that verify tokens, and reloads them in three cases: the keys are too old, their
/// source has changed, or a token names an unknown key. The last case causes at most one load per
/// [Pace#unknownKey]: invented key ids must not cause a request to the provider each time.
///
/// While the source does not answer, the cached keys stay in use, up to [Pace#staleMax]. A failed
/// load is repeated after a back-off of 1 s to [#BACKOFF_MAX]. A caller waits at most for the
/// maximum time of a load. A caller with usable keys does not wait for a source whose last load
/// failed.
///
/// An unknown key is reported as absent only for the newest set: one that was loaded for this call,
/// or whose source reports no change. While the last load failed, is not done, or is too recent for
/// another, an unknown key causes [AuthenticationUnavailableException], because the set that was
/// not loaded may contain it.
final class KeyCache {
    private static final Logger LOG = LoggerFactory.getLogger(KeyCache.class);

    static final Duration BACKOFF_MAX = Duration.ofSeconds(5);
    private static final Duration BACKOFF_MIN = Duration.ofSeconds(1);

    /// Added to the maximum time that a loader promises.
    private static final Duration LOAD_SLACK = Duration.ofSeconds(1);

    /// How long a caller with usable keys waits for newer ones.
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /// Maximum of loads that exceed their deadline, for example on a file system that hangs: each
    /// holds a thread.
    private static final int RUNNING_MAX = 2;

    /// @param age keys older than this are loaded again
    /// @param unknownKey minimum time between two loads that unknown keys cause
    /// @param staleMax keys older than this are not used, even while their source does not answer
    record Pace(Duration age, Duration unknownKey, Duration staleMax) {
        static final Pace FILE =
                new Pace(Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofHours(24));
        static final Pace URL =
                new Pace(Duration.ofMinutes(5), Duration.ofSeconds(5), Duration.ofHours(24));
    }

    /// @param loadedNanos time of the load, on the monotonic clock
    private record Keys(JWKSet set, Object version, long loadedNanos) {}

    private final KeyLoader loader;
    private final Pace pace;

    /// Monotonic: a clock that is set back must neither keep old keys in use nor stop loads.
    private final LongSupplier nanos;

    /// Null until the first load succeeded.
    private volatile @Nullable Keys keys;

    /// When the last load began, successful or not.
    private volatile long lastAttemptNanos;

    /// Number of started loads. A call compares it to decide whether it may start the next load.
    private final AtomicInteger begun = new AtomicInteger();

    /// Consecutive failed loads.
    private final AtomicInteger failures = new AtomicInteger();

    private final AtomicInteger running = new AtomicInteger();

    /// The load in progress, shared by all callers that wait for it; null when there is none.
    private final AtomicReference<@Nullable CompletableFuture<JWKSet>> loading =
            new AtomicReference<>();

    /// @param nanos a monotonic clock
    KeyCache(KeyLoader loader, Pace pace, LongSupplier nanos) {
        this.loader = loader;
        this.pace = pace;
        this.nanos = nanos;
        // No load was tried yet, so the first may start at once.
        lastAttemptNanos = nanos.getAsLong() - pace.unknownKey().toNanos();
    }

    /// Loads now, on the caller's thread, so that a server without keys fails at start.
    void loadNow() {
        try {
            lastAttemptNanos = nanos.getAsLong();
            keys = read();
        } catch (IOException | ParseException e) {
            throw new IllegalArgumentException(
                    "no key set at " + loader.where() + ": " + e.getMessage(), e);
        }
    }

    private Keys read() throws IOException, ParseException {
        var version = loader.version();
        return new Keys(loader.load(), version, nanos.getAsLong());
    }

    /// Returns the matching keys; empty when none matches, also after a reload. Call it on a
    /// bounded-elastic thread.
    ///
    /// @return fails with [AuthenticationUnavailableException] when none matches and the newest set
    ///     cannot be loaded
    Mono<List<JWK>> matching(JWKMatcher matcher) {
        // First: the state at the call decides whether it may load.
        var asked = new Question(matcher, begun.get(), loading.get());
        var current = keys;
        if (current == null || hasPassed(current.loadedNanos(), pace.staleMax())) {
            return mayLoad(asked) ? newest(asked, List.of()) : Mono.error(lastLoadFailed());
        }
        var found = matching(current.set(), matcher);
        boolean failing = failures.get() > 0;
        if (isStale(current)) {
            if (!mayLoad(asked)) {
                return foundOr(found, lastLoadFailed());
            }
            var newer = newest(asked, found);
            // The load runs even if no caller waits for it.
            return failing && !found.isEmpty() ? Mono.just(found) : patiently(newer, found);
        }
        if (!found.isEmpty()) {
            return Mono.just(found);
        }
        if (failing && !mayLoad(asked)) {
            return Mono.error(lastLoadFailed());
        }
        if (!failing && !mayLookAgain(asked)) {
            return loader.isVersioned()
                    ? Mono.just(found)
                    : Mono.error(unavailable("the last load was too recent"));
        }
        return patiently(newest(asked, found), found);
    }

    /// @param begun number of loads that had started
    /// @param underWay the load that was in progress; null for none
    private record Question(
            JWKMatcher matcher, int begun, @Nullable CompletableFuture<JWKSet> underWay) {}

    private static Mono<List<JWK>> patiently(Mono<List<JWK>> newer, List<JWK> found) {
        return newer.timeout(PATIENCE, Mono.error(() -> unavailable("a load takes long")))
                .onErrorResume(
                        AuthenticationUnavailableException.class, error -> foundOr(found, error));
    }

    private static Mono<List<JWK>> foundOr(
            List<JWK> found, AuthenticationUnavailableException otherwise) {
        return found.isEmpty() ? Mono.error(otherwise) : Mono.just(found);
    }

    private static AuthenticationUnavailableException lastLoadFailed() {
        return unavailable("the last load failed");
    }

    private static List<JWK> matching(JWKSet set, JWKMatcher matcher) {
        return set.getKeys().stream().filter(matcher::matches).toList();
    }

    private boolean isStale(Keys current) {
        if (hasPassed(current.loadedNanos(), pace.age())) {
            return true;
        }
        try {
            return !loader.version().equals(current.version());
        } catch (IOException e) {
            // The file is being replaced or is missing: the cached keys stay in use until it is
            // back.
            return false;
        }
    }

    private boolean hasPassed(long sinceNanos, Duration time) {
        return nanos.getAsLong() - sinceNanos > time.toNanos();
    }

    /// Whether a load was in progress at the call, or the back-off after the last failure is over.
    private boolean mayLoad(Question asked) {
        int failed = failures.get();
        return asked.underWay() != null
                || failed == 0
                || hasPassed(lastAttemptNanos, backoff(failed));
    }

    private static Duration backoff(int failed) {
        var doubled = BACKOFF_MIN.multipliedBy(1L << Math.min(failed - 1, 10));
        return doubled.compareTo(BACKOFF_MAX) < 0 ? doubled : BACKOFF_MAX;
    }

    private boolean mayLookAgain(Question asked) {
        return asked.underWay() != null
                || nanos.getAsLong() - lastAttemptNanos >= pace.unknownKey().toNanos();
    }

    /// The matching keys of a new load. One load runs at a time and is shared by all callers
    /// meanwhile.
    ///
    /// @param before the matching keys of the cached set
    private Mono<List<JWK>> newest(Question asked, List<JWK> before) {
        var mine = new CompletableFuture<JWKSet>();
        var other =
                asked.underWay() != null
                        ? asked.underWay()
                        : loading.compareAndExchange(null, mine);
        if (other != null) {
            var shared = found(other, asked);
            // A missing key was withdrawn, or published since the load started.
            return loader.isVersioned() || !before.isEmpty()
                    ? shared
                    : shared.flatMap(found -> foundOr(found, unavailable("the load began before")));
        }
        if (begun.compareAndSet(asked.begun(), asked.begun() + 1)) {
            begin(mine);
        } else {
            // A load started and ended since the call, and counts as this call's load.
            loading.set(null);
            mine.completeExceptionally(unavailable("the last load was too recent"));
        }
        return found(mine, asked);
    }

    private static Mono<List<JWK>> found(CompletableFuture<JWKSet> load, Question asked) {
        return Mono.fromFuture(load, true).map(set -> matching(set, asked.matcher()));
    }

    private void begin(CompletableFuture<JWKSet> mine) {
        lastAttemptNanos = nanos.getAsLong();
        if (running.incrementAndGet() > RUNNING_MAX) {
            running.decrementAndGet();
            fail(mine, new IOException("loads that do not end"));
            return;
        }
        // A load that hangs must not block later loads: a later caller starts another one.
        var max = KeyLoader.LOAD_MAX.plus(LOAD_SLACK);
        var _ =
                Schedulers.parallel()
                        .schedule(
                                () -> fail(mine, new IOException("no end after " + max)),
                                max.toMillis(),
                                TimeUnit.MILLISECONDS);
        // Independent of the returned Mono: the caller may cancel while others wait for the keys.
        Schedulers.boundedElastic().schedule(() -> loadInto(mine));
    }

    // Completes the result whatever is thrown, because callers wait for it.
    private void loadInto(CompletableFuture<JWKSet> result) {
        try {
            var loaded = read();
            keys = loaded;
            if (failures.getAndSet(0) > 0) {
                LOG.info("the keys that verify tokens were loaded again from {}", loader.where());
            }
            loading.compareAndSet(result, null);
            result.complete(loaded.set());
        } catch (Throwable e) {
            fail(result, e);
        } finally {
            running.decrementAndGet();
        }
    }

    private void fail(CompletableFuture<JWKSet> result, Throwable cause) {
        if (!loading.compareAndSet(result, null)) {
            return;
        }
        int failed = failures.incrementAndGet();
        // Logs the 1st, 2nd, 4th, 8th failure: an outage of a day causes about ten lines.
        if (Integer.bitCount(failed) == 1) {
            LOG.warn(
                    "the keys that verify tokens cannot be loaded from {}, consecutive failures:"
                            + " {}; {}: {}",
                    loader.where(),
                    failed,
                    keys == null
                            ? "no client can log in"
                            : "the cached keys stay in use for " + pace.staleMax().toHours() + " h",
                    cause.toString());
        }
        result.completeExceptionally(unavailable(cause.toString()));
    }

    private static AuthenticationUnavailableException unavailable(String why) {
        return new AuthenticationUnavailableException(
                "no keys that verify tokens", new IOException(why));
    }
}
