package io.lockstep.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.bench.report.Linearity.Point;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinearityTest {
    private static List<Point> points(double small, double middle, double large) {
        return List.of(new Point(1, small), new Point(2, middle), new Point(4, large));
    }

    @Test
    void aStraightLineIsOneAndADoubledSlopeTwo() {
        assertThat(Linearity.of(points(10, 11, 13))).hasValue(1);
        assertThat(Linearity.of(points(10, 11, 15))).hasValue(2);
    }

    @Test
    void aFallingOrLevelSlopeGivesNoResult() {
        assertThat(Linearity.of(points(10, 9, 13))).isEmpty();
        assertThat(Linearity.of(points(10, 11, 8))).isEmpty();
        assertThat(Linearity.of(points(10, 9, 5))).isEmpty();
        assertThat(Linearity.of(points(10, 10, 12))).isEmpty();
        assertThat(Linearity.of(points(10, 11, 11))).isEmpty();
    }

    @Test
    void twoPointsOrAnUnmeasuredOneGiveNoResult() {
        assertThat(Linearity.of(points(1, 2, 4).subList(0, 2))).isEmpty();
        assertThat(Linearity.of(points(1, Double.NaN, 4))).isEmpty();
    }
}
