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

/// The keys that tokens are verified with, kept and renewed: when they are old, when their source has
/// changed, and when a token names a key that is not among them, but then not more often than
/// [Pace#unknownKey]: whoever invents key ids must not make us ask the provider each time.
///
/// While the source does not answer, the keys at hand stay in use, up to [Pace#staleMax]. A load that failed is
/// tried again after a back-off of 1 s to [#BACKOFF_MAX]. Nobody waits for a load longer than it may take, and nobody
/// who has usable keys waits for a source that failed the last time.
///
/// "No such key" is said only of the newest set: one that was loaded for this question, or whose source tells that it
/// has not changed. While the last load failed, is not done, or is too recent for another, an unknown key is
/// [AuthenticationUnavailableException]: it may be in the set that is not here.
final class KeyCache {
    private static final Logger log = LoggerFactory.getLogger(KeyCache.class);

    static final Duration BACKOFF_MAX = Duration.ofSeconds(5);
    private static final Duration BACKOFF_MIN = Duration.ofSeconds(1);

    /// Beyond what a loader takes by its own word.
    private static final Duration LOAD_SLACK = Duration.ofSeconds(1);

    /// What somebody with usable keys waits for newer ones.
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /// Loads that outlived their deadline, as on a file system that hangs, hold a thread each.
    private static final int RUNNING_MAX = 2;

    /// @param age keys older than this are loaded again
    /// @param unknownKey not more than one load in this time because of a key that is not there
    /// @param staleMax keys older than this verify nothing, however long their source does not answer
    record Pace(Duration age, Duration unknownKey, Duration staleMax) {
        static final Pace FILE =
                new Pace(Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofHours(24));
        static final Pace URL =
                new Pace(Duration.ofMinutes(5), Duration.ofSeconds(5), Duration.ofHours(24));
    }

    /// @param loadedNanos when, by the monotonic clock
    private record Keys(JWKSet set, Object version, long loadedNanos) {}

    private final KeyLoader loader;
    private final Pace pace;

    /// Monotonic: a clock that is set back must neither keep old keys in use nor stop loads.
    private final LongSupplier nanos;

    /// Null until the first load succeeded.
    private volatile @Nullable Keys keys;

    /// When the last load began, successful or not.
    private volatile long lastAttemptNanos;

    /// Loads that have begun, for questions. Its number decides who begins the next.
    private final AtomicInteger begun = new AtomicInteger();

    /// Loads in a row that failed.
    private final AtomicInteger failures = new AtomicInteger();

    private final AtomicInteger running = new AtomicInteger();

    /// The load in progress, for all who wait for it; null when there is none.
    private final AtomicReference<@Nullable CompletableFuture<JWKSet>> loading =
            new AtomicReference<>();

    /// @param nanos a monotonic clock
    KeyCache(KeyLoader loader, Pace pace, LongSupplier nanos) {
        this.loader = loader;
        this.pace = pace;
        this.nanos = nanos;
        // No attempt yet: the first may come at once.
        lastAttemptNanos = nanos.getAsLong() - pace.unknownKey().toNanos();
    }

    /// Loads now, on the caller's thread: so that a server finds out at start that it cannot.
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

    /// The keys that match; empty when there are none, also after looking again. Call it on a
    /// bounded-elastic thread.
    ///
    /// @return an [AuthenticationUnavailableException] where none matches and the newest set cannot be had
    Mono<List<JWK>> matching(JWKMatcher matcher) {
        // Before all else: whether it may load is decided on what was so now.
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
            // It runs also when nobody waits for it.
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
                    : Mono.error(unavailable("the last load was just now"));
        }
        return patiently(newest(asked, found), found);
    }

    /// @param begun loads that had begun
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
            // It is being replaced right now, or gone: what we have stays until it is back.
            return false;
        }
    }

    private boolean hasPassed(long sinceNanos, Duration time) {
        return nanos.getAsLong() - sinceNanos > time.toNanos();
    }

    /// Whether one is under way, or the back-off after the last failure is over.
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

    /// The keys that match in the set of a new load. One load at a time, shared by all who ask meanwhile.
    ///
    /// @param before the keys that match in the set at hand
    private Mono<List<JWK>> newest(Question asked, List<JWK> before) {
        var mine = new CompletableFuture<JWKSet>();
        var other =
                asked.underWay() != null
                        ? asked.underWay()
                        : loading.compareAndExchange(null, mine);
        if (other != null) {
            var shared = found(other, asked);
            // What is missing in it was withdrawn, or published since it began.
            return loader.isVersioned() || !before.isEmpty()
                    ? shared
                    : shared.flatMap(found -> foundOr(found, unavailable("the load began before")));
        }
        if (begun.compareAndSet(asked.begun(), asked.begun() + 1)) {
            begin(mine);
        } else {
            // One began and ended since the question: it took this one's turn.
            loading.set(null);
            mine.completeExceptionally(unavailable("the last load was just now"));
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
        // A load that does not end must not be the last one: whoever comes later begins another.
        var max = KeyLoader.LOAD_MAX.plus(LOAD_SLACK);
        var _ =
                Schedulers.parallel()
                        .schedule(
                                () -> fail(mine, new IOException("no end after " + max)),
                                max.toMillis(),
                                TimeUnit.MILLISECONDS);
        // Not part of a question's Mono: whoever asked may go away, others still wait for the keys.
        Schedulers.boundedElastic().schedule(() -> loadInto(mine));
    }

    // Whatever is thrown: nobody may wait for ever.
    private void loadInto(CompletableFuture<JWKSet> result) {
        try {
            var loaded = read();
            keys = loaded;
            if (failures.getAndSet(0) > 0) {
                log.info("the keys to check tokens with were loaded again from {}", loader.where());
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
        // One line for the 1st, 2nd, 4th, 8th: an outage of a day is some ten lines.
        if (Integer.bitCount(failed) == 1) {
            log.warn(
                    "the keys to check tokens with cannot be loaded from {}, failures in a row: {};"
                            + " {}: {}",
                    loader.where(),
                    failed,
                    keys == null
                            ? "nobody can log in"
                            : "those at hand stay in use for " + pace.staleMax().toHours() + " h",
                    cause.toString());
        }
        result.completeExceptionally(unavailable(cause.toString()));
    }

    private static AuthenticationUnavailableException unavailable(String why) {
        return new AuthenticationUnavailableException(
                "no keys to check tokens with", new IOException(why));
    }
}
