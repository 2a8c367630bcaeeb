package io.lockstep.auth;

import java.time.Instant;

/// The grant of an accepted token: its client, and for how long.
///
/// @param expires after this time the client must present a newer token; [Instant#MAX] for never
/// @param issued the earliest time at which the token can have been issued; [Instant#MIN] when the
///     token does not contain it
public record TokenGrant(ClientId client, Instant expires, Instant issued) {
    /// The grant of a token without the time of its issue.
    public TokenGrant(ClientId client, Instant expires) {
        this(client, expires, Instant.MIN);
    }
}
