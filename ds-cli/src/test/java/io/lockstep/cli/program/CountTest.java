package io.lockstep.cli.program;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CountTest {
    /// Regression: the history of a new group began with "1 members".
    @Test
    void oneIsSingular() {
        assertThat(Count.of(0, "member")).isEqualTo("0 members");
        assertThat(Count.of(1, "member")).isEqualTo("1 member");
        assertThat(Count.of(2, "member")).isEqualTo("2 members");
    }
}
