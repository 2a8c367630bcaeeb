package io.lockstep.auth;

import java.time.Instant;

/// The revocation of a device by its user. It ends every grant that the device got before.
public record Revocation(ClientId client, Instant at) {
    /// Whether the revocation ends a grant. A token that was issued afterwards is a new grant: the
    /// issuer has admitted the device again.
    public boolean ends(TokenGrant session) {
        return session.client().equals(client) && !session.issued().isAfter(at);
    }
}
