package io.lockstep.auth;

import reactor.core.publisher.Mono;

/// Turns a token into the client that presents it.
public interface Authenticator {
    /// @return fails with [AuthenticationException] when the token does not hold, with
    ///     [AuthenticationUnavailableException] when that cannot be known now
    Mono<TokenGrant> authenticate(String token);
}
