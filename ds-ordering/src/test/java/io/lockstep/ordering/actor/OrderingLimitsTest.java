package io.lockstep.ordering.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.ordering.state.GroupStateLimits;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OrderingLimitsTest {
    private static OrderingLimits with(int mailboxBytes, long queuedBytes, int mailbox, int batch) {
        return new OrderingLimits(
                mailbox,
                mailboxBytes,
                queuedBytes,
                batch,
                1 << 20,
                new GroupStateLimits(64, 256 << 10, 1 << 16),
                1000,
                1L << 30,
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofMillis(20),
                Duration.ofMillis(500),
                Duration.ofSeconds(3),
                Duration.ofSeconds(10),
                Duration.ofMillis(200));
    }

    @Test
    void defaultsAreConsistent() {
        var limits = OrderingLimits.DEFAULT;

        assertThat(2 * limits.batchCountMax())
                .as("a batch is not cut by its own keys")
                .isLessThanOrEqualTo(limits.memory().resendKeysMax());
    }

    @Test
    void largestSubmissionMustFitAnIdleMailbox() {
        assertThatThrownBy(() -> with(1 << 20, 1 << 30, 100, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mailboxBytesMax");
    }

    @Test
    void oneMailboxMustFitTheLimitOfAllMailboxes() {
        assertThatThrownBy(() -> with(8 << 20, 4 << 20, 100, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("queuedBytesMax");
    }

    @Test
    void mailboxMustHoldAFullBatch() {
        assertThatThrownBy(() -> with(8 << 20, 8 << 20, 10, 100))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mailboxCountMax");
    }

    @Test
    void rememberedEntryMustHaveItsKey() {
        assertThatThrownBy(() -> new GroupStateLimits(64, 1000, 100))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
