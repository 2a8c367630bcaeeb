package io.lockstep.gateway.session;

/// Whether a session's client lives, judged from beat to beat without a look at the clock.
final class Liveness {
    private static final int SILENT_BEATS_MAX = 2;

    /// Something was read, or the socket took bytes, since the last beat.
    private boolean heard;

    private int silentBeats;
    private int beats;

    void heard() {
        heard = true;
    }

    /// One interval is over.
    ///
    /// @return whether the client is still to be taken for alive
    boolean beat() {
        beats++;
        silentBeats = heard ? 0 : silentBeats + 1;
        heard = false;
        return silentBeats < SILENT_BEATS_MAX;
    }

    int beats() {
        return beats;
    }
}
