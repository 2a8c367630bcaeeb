package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class MemoryGateTest {
    private static final long MAX = 1_000;

    private final MemoryGate gate = new MemoryGate(new MemoryMarks(90, 85));

    @Test
    void closesAtTheHighMarkAndOpensBelowTheLowMark() {
        gate.measured(899, MAX);
        assertThat(gate.isOpen()).isTrue();
        gate.measured(900, MAX);
        assertThat(gate.isOpen()).isFalse();
        gate.measured(850, MAX);
        assertThat(gate.isOpen()).as("between the marks it stays closed").isFalse();
        gate.measured(849, MAX);
        assertThat(gate.isOpen()).isTrue();
        gate.measured(899, MAX);
        assertThat(gate.isOpen()).as("between the marks it stays open").isTrue();
    }

    @Test
    void closesWhenRedisRefusedAWrite() {
        gate.measured(100, MAX);
        gate.refused();
        assertThat(gate.isOpen()).isFalse();
        gate.measured(849, MAX);
        assertThat(gate.isOpen()).isTrue();
    }

    @Test
    void withoutALimitOfMemoryItIsOpen() {
        gate.refused();
        gate.measured(Long.MAX_VALUE, 0);
        assertThat(gate.isOpen()).isTrue();
        assertThat(gate.isNearMark()).isFalse();
    }

    @Test
    void isMeasuredMoreOftenFromTheLowMarkOn() {
        gate.measured(849, MAX);
        assertThat(gate.isNearMark()).isFalse();
        gate.measured(850, MAX);
        assertThat(gate.isNearMark()).isTrue();
        gate.measured(10, MAX);
        gate.refused();
        assertThat(gate.isNearMark()).isTrue();
    }

    @Test
    void largeLimitsDoNotOverflow() {
        gate.measured(Long.MAX_VALUE / 2, Long.MAX_VALUE);
        assertThat(gate.isOpen()).isTrue();
    }

    @Test
    void theLowMarkIsBelowTheHighMark() {
        assertThatIllegalArgumentException().isThrownBy(() -> new MemoryMarks(90, 90));
        assertThatIllegalArgumentException().isThrownBy(() -> new MemoryMarks(101, 90));
        assertThatIllegalArgumentException().isThrownBy(() -> new MemoryMarks(1, 0));
    }
}
