package io.lockstep.gateway.session;

/// Decides whether a session's client is alive, by counting heartbeats instead of reading the
/// clock.
final class ClientLiveness {
    private static final int SILENT_BEATS_MAX = 2;

    private int beats;

    /// The number of heartbeats at the last time that something was read or the socket took bytes.
    private int heardAt = -1;

    void heard() {
        heardAt = beats;
    }

    /// One interval has elapsed.
    ///
    /// @return whether the client still counts as alive
    boolean beat() {
        beats++;
        return beats - heardAt <= SILENT_BEATS_MAX;
    }

    int beats() {
        return beats;
    }
}
