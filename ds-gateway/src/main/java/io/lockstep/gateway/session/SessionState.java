package io.lockstep.gateway.session;

import java.util.Locale;

/// The state of a session. It only moves forward.
enum SessionState {
    /// Upgraded; waits for `hello`. Every other frame ends the session.
    AWAITING_HELLO,
    /// Waits for the authentication service. Reads nothing; frames that came with the `hello` wait.
    AUTHENTICATING,
    /// Open. Processes frames, and pings the client.
    READY,
    /// A close frame was sent or received, or the connection was lost. Waits for the client to
    /// close; drops its input.
    CLOSING;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
