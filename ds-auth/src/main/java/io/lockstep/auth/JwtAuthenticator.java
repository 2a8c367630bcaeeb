package io.lockstep.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.lockstep.auth.AuthenticationException.TokenRefusalReason;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// An [Authenticator] for JWTs (RFC 7519). It accepts an unexpired token for this audience and from
/// this issuer, signed with a key of the operator's key set. `sub` is the user and `device` the
/// device. If `iat` is present, it decides whether the token is newer than a revocation of the
/// device.
///
/// Only asymmetric algorithms are accepted: with a symmetric one, anyone who knows the public key
/// could sign.
public final class JwtAuthenticator implements Authenticator {
    static final Set<JWSAlgorithm> ALGORITHMS =
            Set.of(
                    JWSAlgorithm.EdDSA,
                    JWSAlgorithm.Ed25519,
                    JWSAlgorithm.ES256,
                    JWSAlgorithm.ES384,
                    JWSAlgorithm.RS256,
                    JWSAlgorithm.PS256);

    /// Longer tokens are refused before they are parsed.
    static final int TOKEN_CHARS_MAX = 8192;

    private static final String DEVICE = "device";

    private final KeyCache keys;
    private final JwtRules rules;
    private final InstantSource clock;

    JwtAuthenticator(KeyCache keys, JwtRules rules, InstantSource clock) {
        this.keys = keys;
        this.rules = rules;
        this.clock = clock;
    }

    /// @throws IllegalArgumentException when the file contains no key set
    public static JwtAuthenticator ofFile(Path jwks, JwtRules rules, InstantSource clock) {
        var keys = new KeyCache(new FileKeyLoader(jwks), KeyCache.Pace.FILE, System::nanoTime);
        keys.loadNow();
        return new JwtAuthenticator(keys, rules, clock);
    }

    /// Fetches the keys when the first token arrives.
    ///
    /// @throws IllegalArgumentException when the URL is neither HTTPS nor HTTP on loopback
    public static JwtAuthenticator ofUrl(URI jwks, JwtRules rules, InstantSource clock) {
        return ofUrl(jwks, rules, clock, System::nanoTime);
    }

    /// @param clock wall clock, for the times in tokens
    /// @param nanos a monotonic clock, for the age of keys
    static JwtAuthenticator ofUrl(
            URI jwks, JwtRules rules, InstantSource clock, LongSupplier nanos) {
        return new JwtAuthenticator(
                new KeyCache(new UrlKeyLoader(jwks), KeyCache.Pace.URL, nanos), rules, clock);
    }

    @Override
    public Mono<TokenGrant> authenticate(String token) {
        return Mono.fromCallable(() -> parse(token))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(jwt ->
                        keys.matching(JWKMatcher.forJWSHeader(jwt.getHeader()))
                                .map(candidates -> check(jwt, candidates)));
    }

    private static SignedJWT parse(String token) {
        if (token.isEmpty()) {
            throw new AuthenticationException(TokenRefusalReason.TOKEN_MISSING);
        }
        if (token.startsWith(DevAuthenticator.PREFIX)) {
            throw new AuthenticationException(TokenRefusalReason.DEVELOPMENT_TOKEN);
        }
        if (token.length() > TOKEN_CHARS_MAX) {
            throw new AuthenticationException(TokenRefusalReason.TOKEN_TOO_LONG);
        }
        SignedJWT jwt;
        try {
            jwt = SignedJWT.parse(token);
        } catch (ParseException | RuntimeException e) {
            throw new AuthenticationException(TokenRefusalReason.MALFORMED_TOKEN);
        }
        if (!ALGORITHMS.contains(jwt.getHeader().getAlgorithm())) {
            throw new AuthenticationException(TokenRefusalReason.ALGORITHM_NOT_ACCEPTED);
        }
        var critical = jwt.getHeader().getCriticalParams();
        if ((critical != null && !critical.isEmpty())
                || !jwt.getHeader().isBase64URLEncodePayload()) {
            throw new AuthenticationException(TokenRefusalReason.HEADER_NOT_SUPPORTED);
        }
        return jwt;
    }

    private TokenGrant check(SignedJWT jwt, List<JWK> candidates) {
        if (candidates.isEmpty()) {
            throw new AuthenticationException(TokenRefusalReason.UNKNOWN_KEY);
        }
        if (candidates.stream().noneMatch(key -> isSignedWith(jwt, key))) {
            throw new AuthenticationException(TokenRefusalReason.BAD_SIGNATURE);
        }
        return session(claims(jwt));
    }

    private static boolean isSignedWith(SignedJWT jwt, JWK key) {
        try {
            return switch (key) {
                case OctetKeyPair pair ->
                        Ed25519Verifier.verify(
                                pair, jwt.getSigningInput(), jwt.getSignature().decode());
                case ECKey ec -> jwt.verify(new ECDSAVerifier(ec));
                case RSAKey rsa -> jwt.verify(new RSASSAVerifier(rsa));
                default -> false;
            };
        } catch (JOSEException | GeneralSecurityException | RuntimeException e) {
            // A key of another curve or a malformed signature: this key did not sign it.
            return false;
        }
    }

    private static JWTClaimsSet claims(SignedJWT jwt) {
        try {
            return jwt.getJWTClaimsSet();
        } catch (ParseException e) {
            throw new AuthenticationException(TokenRefusalReason.MALFORMED_CLAIMS);
        }
    }

    private TokenGrant session(JWTClaimsSet claims) {
        if (!rules.issuer().equals(claims.getIssuer())) {
            throw new AuthenticationException(TokenRefusalReason.WRONG_ISSUER);
        }
        if (!claims.getAudience().contains(rules.audience())) {
            throw new AuthenticationException(TokenRefusalReason.WRONG_AUDIENCE);
        }
        var now = clock.instant();
        var expiration = claims.getExpirationTime();
        if (expiration == null) {
            throw new AuthenticationException(TokenRefusalReason.NO_EXPIRY);
        }
        Instant expires = expiration.toInstant().plus(rules.clockSkew());
        if (!now.isBefore(expires)) {
            throw new AuthenticationException(TokenRefusalReason.TOKEN_EXPIRED);
        }
        var notBefore = claims.getNotBeforeTime();
        if (notBefore != null && now.plus(rules.clockSkew()).isBefore(notBefore.toInstant())) {
            throw new AuthenticationException(TokenRefusalReason.NOT_YET_VALID);
        }
        var issuedAt = claims.getIssueTime();
        // The issuer's clock may be ahead of this one. Without the correction a token could seem
        // newer than it is.
        var issued = issuedAt == null ? Instant.MIN : issuedAt.toInstant().minus(rules.clockSkew());
        return new TokenGrant(client(claims), expires, issued);
    }

    private static ClientId client(JWTClaimsSet claims) {
        @Nullable String device;
        try {
            device = claims.getStringClaim(DEVICE);
        } catch (ParseException e) {
            device = null;
        }
        var user = claims.getSubject();
        if (user == null || device == null) {
            throw new AuthenticationException(TokenRefusalReason.NO_CLIENT);
        }
        try {
            return new ClientId(user, device);
        } catch (IllegalArgumentException e) {
            throw new AuthenticationException(TokenRefusalReason.BAD_CLIENT_NAME);
        }
    }
}
