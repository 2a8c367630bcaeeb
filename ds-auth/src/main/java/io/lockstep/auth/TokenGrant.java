package io.lockstep.auth;

import java.time.Instant;

/// What an accepted token grants.
///
/// @param expires after this the client must present a newer token; [Instant#MAX] for never
/// @param issued the earliest time at which the token can have been issued; [Instant#MIN] where it does
///     not say
public record TokenGrant(ClientId client, Instant expires, Instant issued) {
    /// Of a token that does not say when it was issued.
    public TokenGrant(ClientId client, Instant expires) {
        this(client, expires, Instant.MIN);
    }
}
