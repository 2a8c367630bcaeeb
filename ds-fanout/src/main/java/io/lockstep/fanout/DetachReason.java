package io.lockstep.fanout;

import java.util.Locale;

/// Why a session gets no more of a group; `Detached.code` on the wire.
public enum DetachReason {
    REQUESTED,
    REMOVED,
    GROUP_FROZEN;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
