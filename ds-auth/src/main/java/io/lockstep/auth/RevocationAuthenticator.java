package io.lockstep.auth;

import reactor.core.publisher.Mono;

/// Believes what another authenticator believes, unless the device was revoked since the token was issued.
/// Asks each time: nothing here may be out of date.
public final class RevocationAuthenticator implements Authenticator {
    private final Authenticator tokens;
    private final RevocationStore revocations;

    public RevocationAuthenticator(Authenticator tokens, RevocationStore revocations) {
        this.tokens = tokens;
        this.revocations = revocations;
    }

    /// @return fails as [Authenticator#authenticate] says, and with [DeviceRevokedException]
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
