package io.lockstep.auth;

import static io.lockstep.auth.TestIssuer.AUDIENCE;
import static io.lockstep.auth.TestIssuer.ISSUER;
import static io.lockstep.auth.TestIssuer.NOW;
import static io.lockstep.auth.TestIssuer.claims;
import static io.lockstep.auth.TestIssuer.keySet;
import static io.lockstep.auth.TestIssuer.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.lockstep.auth.AuthenticationException.TokenRefusalReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Date;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JwtAuthenticatorTest {
    @TempDir private Path folder;

    private final MutableClock clock = new MutableClock(NOW);
    private ECKey key = newKey("k1");
    private Path file = Path.of("");
    private JwtAuthenticator authenticator =
            JwtAuthenticator.ofUrl(
                    java.net.URI.create("http://127.0.0.1:1/"),
                    JwtRules.of(ISSUER, AUDIENCE),
                    clock);

    private static ECKey newKey(String id) {
        try {
            return TestIssuer.ecKey(Curve.P_256, id);
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void publishTheKey() throws IOException {
        file = folder.resolve("jwks.json");
        Files.writeString(file, keySet(key));
        authenticator = JwtAuthenticator.ofFile(file, JwtRules.of(ISSUER, AUDIENCE), clock);
    }

    private TokenGrant accepted(String token) {
        return Objects.requireNonNull(authenticator.authenticate(token).block());
    }

    private TokenRefusalReason reason(String token) {
        try {
            accepted(token);
            throw new AssertionError("accepted");
        } catch (AuthenticationException e) {
            return e.reason();
        }
    }

    /// What a client and the operator's log are told. It was one code for all of these.
    @Test
    void aRefusalTellsItsReason() throws Exception {
        assertThat(reason("")).isEqualTo(TokenRefusalReason.TOKEN_MISSING);
        assertThat(reason("dev:alice/phone")).isEqualTo(TokenRefusalReason.DEVELOPMENT_TOKEN);
        assertThat(reason("a.b.c")).isEqualTo(TokenRefusalReason.MALFORMED_TOKEN);
        assertThat(reason(token(newKey("k1"), claims())))
                .isEqualTo(TokenRefusalReason.BAD_SIGNATURE);
        assertThat(reason(token(newKey("k2"), claims()))).isEqualTo(TokenRefusalReason.UNKNOWN_KEY);
        assertThat(reason(token(key, claims().issuer("other"))))
                .isEqualTo(TokenRefusalReason.WRONG_ISSUER);
        assertThat(reason(token(key, claims().audience("other"))))
                .isEqualTo(TokenRefusalReason.WRONG_AUDIENCE);
        assertThat(reason(token(key, claims().subject(null))))
                .isEqualTo(TokenRefusalReason.NO_CLIENT);
        var expired = token(key, claims());
        clock.pass(Duration.ofDays(1));
        assertThat(reason(expired)).isEqualTo(TokenRefusalReason.TOKEN_EXPIRED);
    }

    /// Nobody learns from a forged token which audience or issuer would have done.
    @Test
    void theSignatureIsLookedAtBeforeTheClaims() throws Exception {
        assertThat(reason(token(newKey("k1"), claims().issuer("other").audience("other"))))
                .isEqualTo(TokenRefusalReason.BAD_SIGNATURE);
    }

    private void assertRefused(String token, String why) {
        assertThatThrownBy(() -> authenticator.authenticate(token).block())
                .isInstanceOf(AuthenticationException.class)
                .hasMessageContaining(why)
                .message()
                .doesNotContain(token);
    }

    @Test
    void aTokenThatHoldsNamesItsClientAndItsEnd() throws Exception {
        var session = accepted(token(key, claims()));
        assertThat(session.client()).isEqualTo(new ClientId("alice", "phone"));
        assertThat(session.expires())
                .isEqualTo(NOW.plusSeconds(600).plus(JwtRules.CLOCK_SKEW_DEFAULT));
    }

    @Test
    void everyAlgorithmOfTheListIsAccepted() throws Exception {
        var rsa = TestIssuer.rsaKey("rsa");
        var p384 = TestIssuer.ecKey(Curve.P_384, "p384");
        var ed = TestIssuer.ed25519();
        Files.writeString(
                file,
                keySet(
                        key,
                        rsa.toPublicJWK(),
                        p384.toPublicJWK(),
                        TestIssuer.ed25519Key(ed, "ed")));
        assertThat(accepted(token(p384, claims())).client().user()).isEqualTo("alice");
        assertThat(accepted(token(JWSAlgorithm.RS256, rsa, claims())).client().user())
                .isEqualTo("alice");
        assertThat(accepted(token(JWSAlgorithm.PS256, rsa, claims())).client().user())
                .isEqualTo("alice");
        assertThat(accepted(TestIssuer.ed25519Token(ed, "ed", claims())).client().user())
                .isEqualTo("alice");
    }

    @Test
    void anEd25519TokenOfAnotherKeyIsRefused() throws Exception {
        Files.writeString(file, keySet(TestIssuer.ed25519Key(TestIssuer.ed25519(), "ed")));
        assertRefused(TestIssuer.ed25519Token(TestIssuer.ed25519(), "ed", claims()), "signature");
    }

    @Test
    void anExpiredTokenIsRefused() throws Exception {
        var token = token(key, claims());
        clock.pass(Duration.ofMinutes(10).plus(JwtRules.CLOCK_SKEW_DEFAULT).minusMillis(1));
        assertThat(accepted(token).client().user()).isEqualTo("alice");
        clock.pass(Duration.ofMillis(1));
        assertRefused(token, "expired");
    }

    @Test
    void aTokenWithoutAnEndIsRefused() throws Exception {
        assertRefused(token(key, claims().expirationTime(null)), "does not expire");
    }

    @Test
    void aTokenOfTheFutureIsRefused() throws Exception {
        assertRefused(
                token(key, claims().notBeforeTime(Date.from(NOW.plusSeconds(300)))),
                "not hold yet");
    }

    @Test
    void aTokenForAnotherAudienceIsRefused() throws Exception {
        assertRefused(token(key, claims().audience("other")), "audience");
        assertRefused(token(key, claims().audience((String) null)), "audience");
    }

    @Test
    void aTokenOfAnotherIssuerIsRefused() throws Exception {
        assertRefused(token(key, claims().issuer("https://other.example")), "issuer");
        assertRefused(token(key, claims().issuer(null)), "issuer");
    }

    @Test
    void aTokenWithoutUserOrDeviceIsRefused() throws Exception {
        assertRefused(token(key, claims().claim("device", null)), "device");
        assertRefused(token(key, claims().claim("device", 7)), "device");
        assertRefused(token(key, claims().subject(null)), "sub");
        assertRefused(token(key, claims().claim("device", "a/b")), "valid name");
        assertRefused(token(key, claims().subject("..")), "valid name");
    }

    @Test
    void anUnsignedTokenIsRefused() {
        assertRefused(new PlainJWT(claims().build()).serialize(), "not a signed JWT");
    }

    @Test
    void aTokenSignedSymmetricallyWithThePublicKeyIsRefused() throws Exception {
        // The classic confusion: the verifier takes the public key's bytes for an HMAC secret.
        var secret = key.toECPublicKey().getEncoded();
        assertRefused(
                token(JWSAlgorithm.HS256, "k1", new MACSigner(secret), claims()), "algorithm");
    }

    @Test
    void aTokenOfAnotherKeyUnderAKnownIdIsRefused() throws Exception {
        assertRefused(token(newKey("k1"), claims()), "signature");
    }

    @Test
    void aTokenOfAnUnknownKeyIsRefused() throws Exception {
        assertRefused(token(newKey("k2"), claims()), "key is not known");
    }

    @Test
    void aTokenWithACriticalHeaderIsRefused() throws Exception {
        var header =
                new JWSHeader.Builder(JWSAlgorithm.ES256)
                        .keyID("k1")
                        .criticalParams(Set.of("x"))
                        .customParam("x", 1)
                        .build();
        var jwt = new SignedJWT(header, new JWTClaimsSet.Builder(claims().build()).build());
        jwt.sign(new ECDSASigner(key));
        assertRefused(jwt.serialize(), "not supported");
    }

    @Test
    void whatIsNoTokenAtAllIsRefused() {
        assertRefused("dev:alice/phone", "development token");
        assertRefused("a.b.c", "not a signed JWT");
        assertRefused("x".repeat(JwtAuthenticator.TOKEN_CHARS_MAX + 1), "too long");
    }

    @Test
    void aRotatedKeyHoldsAsSoonAsTheFileChanges() throws Exception {
        assertThat(accepted(token(key, claims())).client().user()).isEqualTo("alice");
        var next = newKey("k2");
        assertRefused(token(next, claims()), "key is not known");
        var staged = folder.resolve("next.json");
        Files.writeString(staged, keySet(next));
        Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE);
        assertThat(accepted(token(next, claims())).client().user()).isEqualTo("alice");
        assertRefused(token(key, claims()), "key is not known");
    }

    @Test
    void theKeysAtHandStayWhenTheFileBreaks() throws Exception {
        Files.writeString(file, "{ half a fi");
        assertThat(accepted(token(key, claims())).client().user()).isEqualTo("alice");
        Files.delete(file);
        assertThat(accepted(token(key, claims())).client().user()).isEqualTo("alice");
    }

    @Test
    void aMissingFileIsToldAtOnce() {
        assertThatThrownBy(() ->
                        JwtAuthenticator.ofFile(
                                folder.resolve("none.json"), JwtRules.of(ISSUER, AUDIENCE), clock))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none.json");
    }
}
