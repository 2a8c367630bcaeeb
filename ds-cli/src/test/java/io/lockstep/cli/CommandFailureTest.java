package io.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.ClientClosedException;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CommandFailureTest {
    /// Regression: the message said that the session was closed, but not why.
    @Test
    void aRefusedTokenIsReportedWithTheServersReason() {
        var closed =
                new ClientClosedException(
                        "the client is closed: unauthenticated: token_expired",
                        Optional.of(new Refusal(Code.UNAUTHENTICATED, "token_expired")));
        assertThat(CommandFailure.of(closed))
                .hasMessage("the server refuses the token: token_expired");
        assertThat(CommandFailure.of(new ClientClosedException("session_replaced: newer")))
                .hasMessage("the server closed the session: session_replaced: newer");
    }
}
