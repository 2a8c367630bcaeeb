package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.gateway.access.RateLimiter;
import io.lockstep.gateway.limits.SubmissionLimits;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class RateLimiterTest {
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10);
    private final RateLimiter<String> limiter = new RateLimiter<>(10, 2, nanos::get);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void aBurstThenTheRate() {
        assertThat(limiter.take("a", 10)).isEmpty();
        assertThat(limiter.take("a", 1)).contains(Duration.ofMillis(500));
        assertThat(limiter.take("b", 10)).as("another principal").isEmpty();
        pass(Duration.ofMillis(500));
        assertThat(limiter.take("a", 1)).isEmpty();
        assertThat(limiter.take("a", 1)).isPresent();
    }

    @Test
    void aDebtIsPaidFirst() {
        for (int i = 0; i < 14; i++) {
            limiter.charge("a");
        }
        assertThat(limiter.delayForOne("a")).contains(Duration.ofMillis(2_500));
        assertThat(limiter.delayForOne("b")).isEmpty();
        pass(Duration.ofMillis(2_500));
        assertThat(limiter.delayForOne("a")).isEmpty();
        assertThat(limiter.delayForOne("a")).as("none was taken").isEmpty();
    }

    @Test
    void aRateOfZeroIsNoLimit() {
        var any = new RateLimiter<String>(1, 0, nanos::get);
        any.charge("a");
        assertThat(any.take("a", Long.MAX_VALUE)).isEmpty();
        assertThat(any.delayForOne("a")).isEmpty();
    }

    /// Evicting a bucket refills it: a bucket with a longer debt must not be evicted earlier.
    @Test
    void aDebtIsNotForgottenByWaiting() {
        for (int i = 0; i < 100; i++) {
            limiter.charge("a");
        }
        assertThat(limiter.delayForOne("a"))
                .as("no more is owed than a bucket holds")
                .contains(Duration.ofMillis(5_500));
        pass(Duration.ofMillis(5_400));
        assertThat(limiter.delayForOne("a")).contains(Duration.ofMillis(100));
        pass(Duration.ofMillis(100));
        assertThat(limiter.delayForOne("a")).isEmpty();
    }

    @Test
    void ratesBeyondTheBucketAreRefused() {
        assertThatThrownBy(() -> new RateLimiter<String>(1, 2_000_000_000, nanos::get))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SubmissionLimits.DEFAULT.withRates(1, 1L << 40))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
