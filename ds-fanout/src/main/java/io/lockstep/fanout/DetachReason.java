package io.lockstep.fanout;

import java.util.Locale;

/// Why fan-out stops delivering a group to a session; `Detached.code` on the wire.
public enum DetachReason {
    REQUESTED,
    REMOVED,
    LEFT,
    GROUP_FROZEN,
    GROUP_DELETED;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
