package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.lockstep.auth.AuthenticationException;
import io.lockstep.auth.DevAuthenticator;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class MeteredAuthenticatorTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final AtomicLong nanos = new AtomicLong();
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger(MeteredAuthenticator.class);
    private final MeteredAuthenticator authenticator =
            new MeteredAuthenticator(new DevAuthenticator(), meters, nanos::get);

    @BeforeEach
    void listen() {
        lines.start();
        log.setLevel(Level.INFO);
        log.addAppender(lines);
    }

    @AfterEach
    void leave() {
        log.detachAppender(lines);
    }

    private void refuse(String token) {
        assertThatThrownBy(() -> authenticator.authenticate(token).block())
                .isInstanceOf(AuthenticationException.class);
    }

    /// A refused token left no log line at all.
    @Test
    void aRefusedTokenLogsOneLineWithItsReasonAndNoPartOfTheToken() {
        for (int i = 0; i < 1_000; i++) {
            refuse("s3cret-of-alice");
        }
        assertThat(lines.list).hasSize(1);
        assertThat(lines.list.getFirst().getFormattedMessage())
                .isEqualTo(
                        "tokens refused since the last such line: 1, reason:"
                                + " not_a_development_token")
                .doesNotContain("s3cret", "alice");

        nanos.addAndGet(MeteredAuthenticator.LINE_EVERY.toNanos());
        refuse("s3cret-of-alice");
        assertThat(lines.list).hasSize(2);
        assertThat(lines.list.getLast().getFormattedMessage()).contains("line: 1000, reason");
        assertThat(
                        meters.get("lockstep.auth.refusals")
                                .tag("reason", "not_a_development_token")
                                .counter()
                                .count())
                .isEqualTo(1_001);
    }

    @Test
    void anAcceptedTokenLogsNoLine() {
        assertThat(authenticator.authenticate("dev:alice/phone").block()).isNotNull();
        assertThat(lines.list).isEmpty();
    }
}
