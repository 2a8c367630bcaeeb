package io.lockstep.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class DurationConverterTest {
    private final DurationConverter span = new DurationConverter();

    @Test
    void secondsMinutesAndHoursAreParsed() {
        assertThat(span.convert("90s")).isEqualTo(Duration.ofSeconds(90));
        assertThat(span.convert("10m")).isEqualTo(Duration.ofMinutes(10));
        assertThat(span.convert("1h")).isEqualTo(Duration.ofHours(1));
    }

    @Test
    void aNumberWithoutAUnitIsRejected() {
        assertThatThrownBy(() -> span.convert("10"))
                .isInstanceOf(TypeConversionException.class)
                .hasMessageContaining("90s, 10m or 1h");
    }
}
