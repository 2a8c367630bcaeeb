package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SweepScheduleTest {
    private static final long NOW = 1_800_000_000_000L;
    private static final Duration DAY = Duration.ofDays(1);

    @Test
    void aNewGroupIsDueWhenItsFirstEntryCanExpire() {
        assertThat(SweepSchedule.first(DAY, NOW)).isEqualTo(NOW + DAY.toMillis());
    }

    @Test
    void aGroupIsDueWhenItsOldestEntryExpires() {
        long oldest = NOW - Duration.ofHours(5).toMillis();

        assertThat(SweepSchedule.next(DAY, OptionalLong.of(oldest), NOW))
                .isEqualTo(oldest + DAY.toMillis());
    }

    @Test
    void aGroupWhoseEntriesExpireOneAfterTheOtherIsNotSweptForEachOfThem() {
        long expiresNow = NOW - DAY.toMillis();

        assertThat(SweepSchedule.next(DAY, OptionalLong.of(expiresNow), NOW))
                .isEqualTo(NOW + Duration.ofHours(1).toMillis());
    }

    /// A blob outlives its message by this time, because entries are trimmed late.
    @Test
    void anEntryIsSweptBeforeItsBlobExpires() {
        assertThat(SweepSchedule.intervalMin(LogLimits.RETENTION_MAX))
                .isLessThanOrEqualTo(BlobStore.SLACK);
        assertThat(SweepSchedule.intervalMin(Duration.ofSeconds(1)))
                .isEqualTo(SweepSchedule.INTERVAL_LEAST);
    }

    @Test
    void aGroupWithItsNewestEntryOnlyIsDueARetentionLater() {
        assertThat(SweepSchedule.next(DAY, OptionalLong.empty(), NOW))
                .isEqualTo(NOW + DAY.toMillis());
        assertThat(SweepSchedule.next(Duration.ofSeconds(1), OptionalLong.empty(), NOW))
                .isEqualTo(NOW + SweepSchedule.IDLE_MIN.toMillis());
    }
}
