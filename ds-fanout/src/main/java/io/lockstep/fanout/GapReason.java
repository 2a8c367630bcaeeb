package io.lockstep.fanout;

import java.util.Locale;

/// Why a log cannot continue from a cursor; `Gap.code` on the wire.
public enum GapReason {
    /// The log no longer retains the entries after the cursor.
    TRIMMED,
    /// The cursor belongs to another incarnation of the group.
    OTHER_INCARNATION,
    /// The head at the cursor differs: the client has seen another history.
    OTHER_HISTORY,
    /// The cursor is after the tail: this store has lost entries.
    AHEAD_OF_LOG;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
