package io.lockstep.gateway.session;

/// Whether a session's client lives, judged from beat to beat without a look at the clock.
final class ClientLiveness {
    private static final int SILENT_BEATS_MAX = 2;

    private int beats;

    /// How many beats there had been when something was read, or the socket took bytes, for the last time.
    private int heardAt = -1;

    void heard() {
        heardAt = beats;
    }

    /// One interval is over.
    ///
    /// @return whether the client is still to be taken for alive
    boolean beat() {
        beats++;
        return beats - heardAt <= SILENT_BEATS_MAX;
    }

    int beats() {
        return beats;
    }
}
