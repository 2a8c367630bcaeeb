package io.lockstep.auth;

import static io.lockstep.auth.TestIssuer.AUDIENCE;
import static io.lockstep.auth.TestIssuer.ISSUER;
import static io.lockstep.auth.TestIssuer.NOW;
import static io.lockstep.auth.TestIssuer.claims;
import static io.lockstep.auth.TestIssuer.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import io.lockstep.auth.memory.MemoryRevocationStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Revoked devices, with real tokens.
final class RevocationAuthenticatorTest {
    private static final ClientId PHONE = new ClientId("alice", "phone");

    @TempDir private Path folder;
    private final MemoryRevocationStore revocations = new MemoryRevocationStore();
    private Authenticator authenticator = revoking(new DevAuthenticator());
    private final ECKey key;

    RevocationAuthenticatorTest() throws JOSEException {
        key = TestIssuer.ecKey(Curve.P_256, "k1");
    }

    private Authenticator revoking(Authenticator tokens) {
        return new RevocationAuthenticator(tokens, revocations);
    }

    @BeforeEach
    void trustTheKey() throws Exception {
        var file = Files.writeString(folder.resolve("jwks.json"), TestIssuer.keySet(key));
        authenticator =
                revoking(
                        JwtAuthenticator.ofFile(
                                file, JwtRules.of(ISSUER, AUDIENCE), new MutableClock(NOW)));
    }

    @Test
    void aDeviceThatWasNotRevokedIsBelieved() throws Exception {
        revoke(new ClientId("alice", "laptop"), NOW);
        revoke(new ClientId("bob", "phone"), NOW);
        assertThat(accepted(token(key, claims())).client()).isEqualTo(PHONE);
    }

    // PROTOCOL R-DEV-2
    @Test
    void aTokenFromBeforeTheRevocationIsRefused() throws Exception {
        revoke(PHONE, NOW);
        assertRevoked(token(key, claims().issueTime(Date.from(NOW.minusSeconds(60)))));
        assertRevoked(token(key, claims().issueTime(Date.from(NOW))));
    }

    // PROTOCOL R-DEV-2
    @Test
    void aTokenThatDoesNotSayWhenItWasIssuedIsRefused() throws Exception {
        revoke(PHONE, NOW);
        assertRevoked(token(key, claims()));
    }

    // PROTOCOL R-DEV-2
    @Test
    void aTokenIssuedAfterTheRevocationIsBelieved() throws Exception {
        revoke(PHONE, NOW.minusSeconds(60));
        var skew = JwtRules.CLOCK_SKEW_DEFAULT;
        assertRevoked(token(key, claims().issueTime(Date.from(NOW.minusSeconds(60).plus(skew)))));
        accepted(token(key, claims().issueTime(Date.from(NOW.minusSeconds(59).plus(skew)))));
    }

    @Test
    void aDevelopmentTokenOfARevokedDeviceIsRefused() {
        authenticator = revoking(new DevAuthenticator());
        revoke(PHONE, NOW);
        assertRevoked("dev:alice/phone");
        accepted("dev:alice/laptop");
    }

    @Test
    void aTokenThatDoesNotHoldSaysNothingAboutTheDevice() {
        revoke(PHONE, NOW);
        assertThatExceptionOfType(AuthenticationException.class)
                .isThrownBy(() -> authenticator.authenticate("not a token").block());
    }

    private void revoke(ClientId client, Instant at) {
        assertThat(revocations.revoke(new Revocation(client, at), true).block()).isTrue();
    }

    private TokenGrant accepted(String token) {
        return Objects.requireNonNull(authenticator.authenticate(token).block());
    }

    private void assertRevoked(String token) {
        assertThatExceptionOfType(DeviceRevokedException.class)
                .isThrownBy(() -> authenticator.authenticate(token).block());
    }
}
