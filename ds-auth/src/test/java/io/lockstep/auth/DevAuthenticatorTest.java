package io.lockstep.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DevAuthenticatorTest {
    private final DevAuthenticator authenticator = new DevAuthenticator();

    @Test
    void believesWhatTheTokenSays() {
        assertThat(authenticator.authenticate("dev:alice/phone").block())
                .isEqualTo(new TokenGrant(new ClientId("alice", "phone"), Instant.MAX));
    }

    // PROTOCOL R-TOKEN-1
    @ParameterizedTest
    @ValueSource(strings = {"dev:.../phone", "dev:.a/..b", "dev:a./-", "dev:_/@"})
    void takesOtherNamesOfDots(String token) {
        assertThat(authenticator.authenticate(token).block()).isNotNull();
    }

    // PROTOCOL R-TOKEN-1
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "dev:",
                "dev:alice",
                "dev:/phone",
                "dev:alice/",
                "dev:a b/c",
                "alice/phone",
                // No URL can name these: a path loses such segments on its way, encoded or not.
                "dev:./phone",
                "dev:../phone",
                "dev:alice/.",
                "dev:alice/..",
            })
    void refusesWhatIsNoDevelopmentToken(String token) {
        assertThatThrownBy(() -> authenticator.authenticate(token).block())
                .isInstanceOf(AuthenticationException.class);
    }
}
