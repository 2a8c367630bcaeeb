package io.lockstep.auth;

import java.time.Instant;

/// One device that its user took back: whatever was granted to it up to then holds no more.
public record Revocation(ClientId client, Instant at) {
    /// Whether what a token granted ends by it. A token issued afterwards is a new grant: whoever issues
    /// tokens has let the device in again.
    public boolean ends(TokenGrant session) {
        return session.client().equals(client) && !session.issued().isAfter(at);
    }
}
