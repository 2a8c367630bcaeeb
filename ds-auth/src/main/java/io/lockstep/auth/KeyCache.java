package io.lockstep.auth;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The keys that tokens are verified with, kept and renewed: when they are old, when their source has
/// changed, and when a token names a key that is not among them, but then not more often than
/// [Pace#unknownKey]: whoever invents key ids must not make us ask the provider each time.
///
/// When the source does not answer, the keys at hand stay in use.
final class KeyCache {
    private static final Logger log = LoggerFactory.getLogger(KeyCache.class);

    /// @param age keys older than this are loaded again
    /// @param unknownKey not more than one load in this time because of a key that is not there
    record Pace(Duration age, Duration unknownKey) {
        static final Pace FILE = new Pace(Duration.ofMinutes(5), Duration.ofSeconds(1));
        static final Pace URL = new Pace(Duration.ofMinutes(5), Duration.ofSeconds(30));
    }

    private record Keys(JWKSet set, Object version) {}

    private final KeyLoader loader;
    private final Pace pace;
    private final InstantSource clock;

    /// Null until the first load succeeded.
    private volatile @Nullable Keys keys;

    /// When the last load began, successful or not.
    private volatile Instant lastAttempt = Instant.MIN;

    /// The load in progress, for all who wait for it; null when there is none.
    private final AtomicReference<@Nullable CompletableFuture<JWKSet>> loading =
            new AtomicReference<>();

    KeyCache(KeyLoader loader, Pace pace, InstantSource clock) {
        this.loader = loader;
        this.pace = pace;
        this.clock = clock;
    }

    /// Loads now, on the caller's thread: so that a server finds out at start that it cannot.
    void loadNow() {
        try {
            lastAttempt = clock.instant();
            var version = loader.version();
            keys = new Keys(loader.load(), version);
        } catch (IOException | ParseException e) {
            throw new IllegalArgumentException(
                    "no key set at " + loader.where() + ": " + e.getMessage(), e);
        }
    }

    /// The keys that match; empty when there are none, also after looking again. Call it on a
    /// bounded-elastic thread.
    Mono<List<JWK>> matching(JWKMatcher matcher) {
        var current = keys;
        if (current == null || isStale(current)) {
            return load().map(set -> matching(set, matcher));
        }
        var found = matching(current.set(), matcher);
        if (!found.isEmpty() || !mayLookAgain()) {
            return Mono.just(found);
        }
        return load().map(set -> matching(set, matcher));
    }

    private static List<JWK> matching(JWKSet set, JWKMatcher matcher) {
        return set.getKeys().stream().filter(matcher::matches).toList();
    }

    private boolean isStale(Keys current) {
        if (lastAttempt.plus(pace.age()).isBefore(clock.instant())) {
            return true;
        }
        try {
            return !loader.version().equals(current.version());
        } catch (IOException e) {
            // It is being replaced right now, or gone: what we have stays until it is back.
            return false;
        }
    }

    private boolean mayLookAgain() {
        return loading.get() != null
                || !clock.instant().isBefore(lastAttempt.plus(pace.unknownKey()));
    }

    /// One load at a time, shared by all who ask meanwhile.
    private Mono<JWKSet> load() {
        var mine = new CompletableFuture<JWKSet>();
        var other = loading.compareAndExchange(null, mine);
        if (other != null) {
            return Mono.fromFuture(other, true);
        }
        // Not part of the returned Mono: whoever asked may go away, others still wait for the keys.
        Schedulers.boundedElastic().schedule(() -> loadInto(mine));
        return Mono.fromFuture(mine, true);
    }

    private void loadInto(CompletableFuture<JWKSet> result) {
        lastAttempt = clock.instant();
        try {
            var version = loader.version();
            var loaded = new Keys(loader.load(), version);
            keys = loaded;
            loading.set(null);
            result.complete(loaded.set());
        } catch (IOException | ParseException | RuntimeException e) {
            loading.set(null);
            var current = keys;
            if (current != null) {
                log.warn("keys stay as they were: {}: {}", loader.where(), e.toString());
                result.complete(current.set());
            } else {
                log.warn("no keys to check tokens with: {}: {}", loader.where(), e.toString());
                result.completeExceptionally(
                        new AuthenticationUnavailableException("no keys to check tokens with", e));
            }
        }
    }
}
