package io.lockstep.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ResultCheckTest {
    private static final Summary SUMMARY =
            Summary.of(
                    List.of(
                            Map.of("p99", 40.0, "lost", 0.0),
                            Map.of("p99", 45.0, "lost", 1.0),
                            Map.of("p99", 900.0, "lost", 0.0)));

    @ParameterizedTest
    @CsvSource({
        "p99<50ms, true",
        "p99 < 45, false",
        "p99<=45, true",
        "p99>0.04s, true",
        "p99>=46ms, false",
        "p99==45000us, true",
        "p99!=45, false",
        "max.p99<1s, true",
        "max.p99<0.1s, false",
        "min.p99==40, true",
        "lost==0, false",
        "lost==1, true",
        "max.lost==1, true"
    })
    void checksHoldOrFailOnMediansAndSums(String text, boolean holds) {
        assertThat(ResultCheck.parse(text).of(SUMMARY).holds()).isEqualTo(holds);
    }

    @Test
    void aCheckOfAnAbsentFieldFails() {
        assertThat(ResultCheck.parse("lots==0").of(SUMMARY).holds()).isFalse();
        assertThat(ResultCheck.parse("lots!=0").of(SUMMARY).holds()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "p99", "p99<", "p99<5 parsecs", "<5", "p99=5", "p99<5ms;", "p99<1.2.3"})
    void whatIsNoCheckIsRefused(String text) {
        assertThatThrownBy(() -> ResultCheck.parse(text))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
