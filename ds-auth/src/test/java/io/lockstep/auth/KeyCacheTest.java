package io.lockstep.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// How long keys hold goes by a monotonic clock alone, wherever that begins.
final class KeyCacheTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
    private final AtomicInteger loads = new AtomicInteger();
    private volatile boolean fails;
    private volatile boolean versioned;
    private volatile String id = "k1";

    /// Called when a load has read the set.
    private volatile Runnable read = () -> {};

    private final KeyLoader loader =
            new KeyLoader() {
                @Override
                public JWKSet load() throws IOException {
                    loads.incrementAndGet();
                    if (fails) {
                        throw new IOException("down");
                    }
                    var set = new JWKSet(key(id).toPublicJWK());
                    read.run();
                    return set;
                }

                @Override
                public boolean isVersioned() {
                    return versioned;
                }

                @Override
                public Object version() {
                    return "";
                }

                @Override
                public String where() {
                    return "here";
                }
            };

    /// Called when the clock is read.
    private volatile Runnable clockRead = () -> {};

    private final KeyCache cache = new KeyCache(loader, KeyCache.Pace.URL, this::now);

    private long now() {
        long time = nanos.get();
        clockRead.run();
        return time;
    }

    private static ECKey key(String id) {
        try {
            return TestIssuer.ecKey(Curve.P_256, id);
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private Mono<List<JWK>> matching(String id) {
        return cache.matching(new JWKMatcher.Builder().keyID(id).build());
    }

    private int found(String id) {
        var keys = matching(id).block(Duration.ofSeconds(10));
        return keys == null ? 0 : keys.size();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void keysAreLoadedAgainWhenTheyAreOldAndNotBefore() {
        assertThat(found("k1")).isOne();
        pass(KeyCache.Pace.URL.age());
        assertThat(found("k1")).isOne();
        assertThat(loads).hasValue(1);
        pass(Duration.ofNanos(1));
        assertThat(found("k1")).isOne();
        assertThat(loads).hasValue(2);
    }

    @Test
    void anUnknownKeyIsLookedForNotMoreOftenThanStated() {
        assertThat(found("k1")).isOne();
        assertUnavailable("k2");
        assertThat(loads).hasValue(1);
        pass(KeyCache.Pace.URL.unknownKey());
        assertThat(found("k2")).isZero();
        assertUnavailable("k2");
        assertThat(loads).hasValue(2);
    }

    @Test
    void keysAreNotUsedLongerThanStatedWhileTheirSourceFails() {
        assertThat(found("k1")).isOne();
        fails = true;
        pass(KeyCache.Pace.URL.staleMax());
        assertThat(found("k1")).isOne();
        pass(Duration.ofSeconds(1));
        assertThatThrownBy(() -> found("k1"))
                .isInstanceOf(AuthenticationUnavailableException.class);
    }

    /// Whoever had a token of a new key was told that it is not valid, and gave up.
    @Test
    void anUnknownKeyIsNotRefusedWhileTheNewestSetCannotBeLoaded() {
        assertThat(found("k1")).isOne();
        fails = true;
        pass(KeyCache.Pace.URL.unknownKey());
        assertUnavailable("k2");
        assertThat(loads).hasValue(2);
        // In back-off.
        assertUnavailable("k2");
        assertThat(loads).hasValue(2);
        assertThat(found("k1")).isOne();
    }

    /// The next load came 30 s after the failed one.
    @Test
    void anUnknownKeyIsFoundSoonAfterItsSourceIsWellAgain() {
        assertThat(found("k1")).isOne();
        fails = true;
        pass(KeyCache.Pace.URL.unknownKey());
        for (int i = 0; i < 5; i++) {
            assertUnavailable("k2");
            pass(KeyCache.BACKOFF_MAX);
        }
        fails = false;
        id = "k2";
        pass(Duration.ofNanos(1));
        assertThat(found("k2")).isOne();
        assertUnavailable("k3");
        pass(KeyCache.Pace.URL.unknownKey());
        assertThat(found("k3")).isZero();
    }

    /// A key that was published right after a load was refused for 30 s.
    @Test
    void anUnknownKeyIsRefusedAtOnceOnlyWhereTheSourceTellsThatItHasNotChanged() {
        assertThat(found("k1")).isOne();
        assertUnavailable("k2");
        versioned = true;
        assertThat(found("k2")).isZero();
    }

    @Test
    void anUnknownKeyIsNotRefusedWhileOldKeysCannotBeReplaced() {
        assertThat(found("k1")).isOne();
        fails = true;
        pass(KeyCache.Pace.URL.age().plusNanos(1));
        assertUnavailable("k2");
        assertUnavailable("k2");
        assertThat(found("k1")).isOne();
        assertThat(loads).hasValue(2);
    }

    /// It was refused: the set had been read a moment before the key was published.
    @Test
    void anUnknownKeyIsNotRefusedByALoadThatBeganBefore() throws Exception {
        assertThat(found("k1")).isOne();
        pass(KeyCache.Pace.URL.unknownKey());
        var hasRead = new CountDownLatch(1);
        var goesOn = new CountDownLatch(1);
        holdLoads(hasRead, goesOn);
        var first = matching("k3").toFuture();
        hasRead.await();
        id = "k2";
        var second = matching("k2").toFuture();
        var known = matching("k1").toFuture();
        goesOn.countDown();
        assertThat(first.get(10, TimeUnit.SECONDS)).isEmpty();
        assertThat(known.get(10, TimeUnit.SECONDS)).hasSize(1);
        assertThatThrownBy(() -> second.get(10, TimeUnit.SECONDS))
                .hasCauseInstanceOf(AuthenticationUnavailableException.class);
        pass(KeyCache.Pace.URL.unknownKey());
        assertThat(found("k2")).isOne();
        assertThat(loads).hasValue(3);
    }

    @Test
    void aWithdrawnKeyIsRefusedToAllWhoShareTheLoad() throws Exception {
        assertThat(found("k1")).isOne();
        pass(KeyCache.Pace.URL.age().plusNanos(1));
        id = "k2";
        var hasRead = new CountDownLatch(1);
        var goesOn = new CountDownLatch(1);
        holdLoads(hasRead, goesOn);
        var first = matching("k1").toFuture();
        hasRead.await();
        var second = matching("k1").toFuture();
        goesOn.countDown();
        assertThat(first.get(10, TimeUnit.SECONDS)).isEmpty();
        assertThat(second.get(10, TimeUnit.SECONDS)).isEmpty();
    }

    private void holdLoads(CountDownLatch hasRead, CountDownLatch goesOn) {
        read =
                () -> {
                    hasRead.countDown();
                    try {
                        goesOn.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                };
    }

    /// A second load followed where one had begun and ended between the look at the clock and the
    /// load: a flood of invented key ids made the provider be asked more often than stated.
    @Test
    void aLoadThatBeganAndEndedMeanwhileTakesTheTurn() {
        assertThat(found("k1")).isOne();
        fails = true;
        pass(KeyCache.Pace.URL.unknownKey());
        assertUnavailable("k2");
        pass(KeyCache.BACKOFF_MAX);
        var readings = new AtomicInteger();
        clockRead =
                () -> {
                    // For the age twice, then for the back-off.
                    if (readings.incrementAndGet() == 3) {
                        clockRead = () -> {};
                        assertUnavailable("k2");
                        assertThat(loads).hasValue(3);
                    }
                };
        assertUnavailable("k2");
        assertThat(readings).hasValueGreaterThanOrEqualTo(3);
        assertThat(loads).hasValue(3);
    }

    private void assertUnavailable(String id) {
        assertThatThrownBy(() -> found(id)).isInstanceOf(AuthenticationUnavailableException.class);
    }
}
