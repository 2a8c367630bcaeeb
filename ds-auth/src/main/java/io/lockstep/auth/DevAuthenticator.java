package io.lockstep.auth;

import io.lockstep.auth.AuthenticationException.TokenRefusalReason;
import java.time.Instant;
import reactor.core.publisher.Mono;

/// Accepts the token `dev:<user>/<device>` without proof: for development on one machine only.
public final class DevAuthenticator implements Authenticator {
    public static final String PREFIX = "dev:";

    @Override
    public Mono<TokenGrant> authenticate(String token) {
        if (token.isEmpty()) {
            return Mono.error(new AuthenticationException(TokenRefusalReason.TOKEN_MISSING));
        }
        if (!token.startsWith(PREFIX)) {
            return Mono.error(
                    new AuthenticationException(TokenRefusalReason.NOT_A_DEVELOPMENT_TOKEN));
        }
        try {
            var client = ClientId.parse(token.substring(PREFIX.length()));
            return Mono.just(new TokenGrant(client, Instant.MAX));
        } catch (IllegalArgumentException e) {
            return Mono.error(
                    new AuthenticationException(TokenRefusalReason.NOT_A_DEVELOPMENT_TOKEN));
        }
    }
}
