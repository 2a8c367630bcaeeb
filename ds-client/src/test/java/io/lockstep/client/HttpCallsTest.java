package io.lockstep.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.RetryAdvice;
import org.junit.jupiter.api.Test;

class HttpCallsTest {
    // PROTOCOL R-NEW-5
    /// Bug: every code of a later server was taken for one that never passes.
    @Test
    void theStatusDecidesAboutAnUnknownCode() {
        assertThat(HttpCalls.retryOf("unheard_of", 503)).isEqualTo(RetryAdvice.LATER);
        assertThat(HttpCalls.retryOf("unheard_of", 429)).isEqualTo(RetryAdvice.LATER);
        assertThat(HttpCalls.retryOf("unheard_of", 500)).isEqualTo(RetryAdvice.TO_LEARN_OUTCOME);
        assertThat(HttpCalls.retryOf("unheard_of", 409)).isEqualTo(RetryAdvice.NEVER);
    }

    @Test
    void theRegistryDecidesAboutAKnownCode() {
        assertThat(HttpCalls.retryOf("outcome_unknown", 503))
                .isEqualTo(RetryAdvice.TO_LEARN_OUTCOME);
        assertThat(HttpCalls.retryOf("no_group_info", 404)).isEqualTo(RetryAdvice.LATER);
    }
}
