package io.lockstep.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.bench.report.MetricsPage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GaugeMaximumTest {
    private static Optional<MetricsPage> page(double value) {
        return Optional.of(new MetricsPage(Map.of("behind", value)));
    }

    @Test
    void theLargestSumOverAllServersAtOneMoment() {
        try (var gauge = new GaugeMaximum(List.of(), "behind")) {
            gauge.look(List.of(page(2), page(0)));
            gauge.look(List.of(page(1), page(2)));
            gauge.look(List.of(page(0), page(0)));

            assertThat(gauge.most()).hasValue(3);
        }
    }

    @Test
    void anUnreadableValueIsAbsentNotZero() {
        try (var gauge = new GaugeMaximum(List.of(), "behind")) {
            gauge.look(List.of(page(2), Optional.empty()));
            gauge.look(List.of(page(2), Optional.of(new MetricsPage(Map.of("other", 1.0)))));
            gauge.look(List.of());

            assertThat(gauge.most()).isEmpty();
        }
    }
}
