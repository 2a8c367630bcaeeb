package io.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final long SEED = 20_261_123;
    private final Backoff backoff =
            new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), 10, new Random(SEED));

    // PROTOCOL R-LIFE-16
    @Test
    void everyWaitLiesBetweenZeroAndItsCeiling() {
        for (int attempt = 0; attempt < 100; attempt++) {
            long ceiling = Math.min(5_000, 100L << Math.min(attempt, 20));
            for (int i = 0; i < 200; i++) {
                assertThat(backoff.delay(attempt))
                        .as("attempt %d, seed %d", attempt, SEED)
                        .isBetween(Duration.ZERO, Duration.ofMillis(ceiling));
            }
        }
    }

    @Test
    void waitsFillTheWholeRange() {
        var waits =
                IntStream.range(0, 1_000)
                        .mapToLong(_ -> backoff.delay(20).toMillis())
                        .sorted()
                        .toArray();
        assertThat(waits[50]).as("seed %d", SEED).isLessThan(500);
        assertThat(waits[500]).as("seed %d", SEED).isBetween(2_000L, 3_000L);
        assertThat(waits[950]).as("seed %d", SEED).isGreaterThan(4_500);
    }

    @Test
    void theCeilingNeverOverflows() {
        assertThat(backoff.ceiling(Integer.MAX_VALUE)).isEqualTo(Duration.ofSeconds(5));
    }
}
