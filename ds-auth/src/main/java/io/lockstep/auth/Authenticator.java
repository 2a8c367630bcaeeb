package io.lockstep.auth;

import reactor.core.publisher.Mono;

/// Verifies a token and returns what it grants to which client.
public interface Authenticator {
    /// @return fails with [AuthenticationException] when the token is invalid, with
    ///     [AuthenticationUnavailableException] when it cannot be checked now
    Mono<TokenGrant> authenticate(String token);
}
