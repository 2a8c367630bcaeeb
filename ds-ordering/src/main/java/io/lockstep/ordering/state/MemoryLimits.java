package io.lockstep.ordering.state;

/// How much of a group's past its state remembers.
///
/// @param recentEntriesMax whole entries, from which a refused client is told what it missed
/// @param recentBytesMax of their message bytes; the newest entry is kept however large it is
/// @param resendKeysMax keys by which a resend is recognised without asking the log
public record MemoryLimits(int recentEntriesMax, int recentBytesMax, int resendKeysMax) {
    public MemoryLimits {
        if (recentEntriesMax < 1 || recentBytesMax < 1) {
            throw new IllegalArgumentException("at least the newest entry is remembered");
        }
        if (resendKeysMax < 2 * recentEntriesMax) {
            throw new IllegalArgumentException(
                    "a remembered entry must have its key: resendKeysMax >= 2 * recentEntriesMax");
        }
    }
}
