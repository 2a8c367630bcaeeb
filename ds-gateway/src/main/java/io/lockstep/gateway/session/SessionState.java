package io.lockstep.gateway.session;

import java.util.Locale;

/// Where a session stands. It only ever goes forward.
enum SessionState {
    /// Upgraded; waits for `hello`. Every other frame ends it.
    AWAITING_HELLO,
    /// Waits for the authentication service. Nothing is read; what was read with the `hello` waits.
    AUTHENTICATING,
    /// Open. Waits for whatever comes, and is pinged.
    READY,
    /// A close frame has been sent or received, or the connection is lost. Waits for the other side to
    /// close; what it sends is dropped.
    CLOSING;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
