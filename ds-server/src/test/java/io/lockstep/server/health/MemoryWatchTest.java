package io.lockstep.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryWatchTest {
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong collectingMillis = new AtomicLong();
    private final AtomicBoolean hasBuffers = new AtomicBoolean(true);
    private final AtomicInteger ended = new AtomicInteger();
    private final MemoryWatch watch =
            new MemoryWatch(
                    new MemoryWatch.Sources(nanos::get, collectingMillis::get, hasBuffers::get),
                    ended::incrementAndGet);

    /// @param collecting milliseconds of each second
    private void pass(int seconds, int collecting) {
        for (int i = 0; i < seconds; i++) {
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
            collectingMillis.addAndGet(collecting);
            watch.tick();
        }
    }

    private boolean isUp() {
        return watch.status() instanceof HealthCheck.Up;
    }

    /// Endless full collections: both ports were dead and SIGTERM had no effect until an operator
    /// used kill -9.
    @Test
    void endlessCollectionIsReportedWithinTenSecondsAndEndsTheProcessOnce() {
        pass(6, 950);
        assertThat(isUp()).isTrue();
        pass(1, 950);
        assertThat(watch.status())
                .isEqualTo(
                        HealthCheck.down(
                                "garbage collection takes more than nine tenths of the time for 7"
                                        + " s"));
        assertThat(ended).hasValue(0);
        pass(30, 950);
        assertThat(ended).hasValue(1);
    }

    @Test
    void aBusyCollectorDoesNotEndTheProcess() {
        pass(60, 850);
        pass(6, 1_000);
        pass(1, 100);
        pass(6, 1_000);
        assertThat(isUp()).isTrue();
        assertThat(ended).hasValue(0);
    }

    /// A tick after a single pause of 25 s ended a process that had recovered.
    @Test
    void onePauseOfAnyLengthDoesNotEndTheProcess() {
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(25));
        collectingMillis.addAndGet(25_000);
        watch.tick();
        assertThat(isUp()).isTrue();
        pass(5, 0);
        assertThat(isUp()).isTrue();
        assertThat(ended).hasValue(0);
    }

    @Test
    void exhaustedDirectMemoryEndsTheProcessAndIsReportedLikeItsRecovery() {
        hasBuffers.set(false);
        pass(8, 0);
        assertThat(watch.status())
                .isEqualTo(HealthCheck.down("no direct buffer could be had for 8 s"));
        hasBuffers.set(true);
        pass(1, 0);
        assertThat(isUp()).isTrue();
        hasBuffers.set(false);
        pass(20, 0);
        assertThat(ended).hasValue(1);
    }

    @Test
    void thisProcessIsNotOutOfMemory() {
        var real = MemoryWatch.ofThisProcess(ended::incrementAndGet);
        real.tick();
        assertThat(real.status()).isEqualTo(HealthCheck.up());
    }
}
