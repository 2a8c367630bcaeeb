package io.lockstep.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.bench.report.Growth.Grown;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GrowthTest {
    private static List<Double> samples(double... values) {
        return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
    }

    @Test
    void theLastQuarterIsComparedWithTheSecond() {
        assertThat(Growth.of(samples(1, 1, 90, 100, 110, 0, 0, 0, 0, 119, 120, 500)))
                .contains(new Grown(100, 120, OptionalDouble.of(120.0 / 100 - 1)));
    }

    @Test
    void warmUpAndOneOutlierAreNoGrowth() {
        assertThat(Growth.of(samples(1, 2, 50, 50, 50, 60, 50, 70, 50, 50, 99, 50)))
                .hasValueSatisfying(grown -> assertThat(grown.share()).hasValue(0));
    }

    @Test
    void fewSamplesGiveNoResult() {
        assertThat(Growth.of(samples(1, 2, 3, 4, 5, 6, 7))).isEmpty();
    }

    @Test
    void growthFromZeroHasNoShare() {
        assertThat(Growth.of(samples(0, 0, 0, 0, 0, 0, 7, 7)))
                .contains(new Grown(0, 7, OptionalDouble.empty()));
    }
}
