package io.lockstep.gateway.session;

/// Decides whether a session's client is alive, by counting heartbeats instead of reading the
/// clock.
final class ClientLiveness {
    private static final int SILENT_TICKS_MAX = 2;

    private int ticks;

    /// The number of heartbeats at the last time that something was read or the socket took bytes.
    private int activeAt = -1;

    void activity() {
        activeAt = ticks;
    }

    /// One interval has elapsed.
    ///
    /// @return whether the client still counts as alive
    boolean tick() {
        ticks++;
        return ticks - activeAt <= SILENT_TICKS_MAX;
    }

    int ticks() {
        return ticks;
    }
}
