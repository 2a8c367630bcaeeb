package io.lockstep.auth;

import reactor.core.publisher.Mono;

/// Refuses tokens of devices that were revoked after the token was issued. Another authenticator
/// verifies the token first. Each call reads the revocations: nothing is cached.
public final class RevocationAuthenticator implements Authenticator {
    private final Authenticator tokens;
    private final RevocationStore revocations;

    public RevocationAuthenticator(Authenticator tokens, RevocationStore revocations) {
        this.tokens = tokens;
        this.revocations = revocations;
    }

    /// @return fails as described in [Authenticator], and with [DeviceRevokedException]
    @Override
    public Mono<TokenGrant> authenticate(String token) {
        return tokens.authenticate(token)
                .flatMap(session ->
                        revocations
                                .of(session.client())
                                .filter(revocation -> revocation.ends(session))
                                .<TokenGrant>flatMap(_ -> Mono.error(new DeviceRevokedException()))
                                .switchIfEmpty(Mono.just(session)));
    }
}
