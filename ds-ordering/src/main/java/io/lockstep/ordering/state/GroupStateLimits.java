package io.lockstep.ordering.state;

/// The limits of a group state's memory of past entries.
///
/// @param recentEntriesMax whole entries, from which a refused client gets the entries that it
///     missed
/// @param recentBytesMax bytes of their messages; the newest entry is kept whatever its size
/// @param resendKeysMax keys by which a resend is recognised without a call to the log
public record GroupStateLimits(int recentEntriesMax, int recentBytesMax, int resendKeysMax) {
    public GroupStateLimits {
        if (recentEntriesMax < 1 || recentBytesMax < 1) {
            throw new IllegalArgumentException("recentEntriesMax must be at least 1");
        }
        if (resendKeysMax < 2 * recentEntriesMax) {
            throw new IllegalArgumentException(
                    "a remembered entry must have its key: resendKeysMax >= 2 * recentEntriesMax");
        }
    }
}
