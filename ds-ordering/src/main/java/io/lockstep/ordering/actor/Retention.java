package io.lockstep.ordering.actor;

import io.lockstep.ordering.state.GroupState;
import io.lockstep.runtime.RateLimitedLogger;

/// Lets go of what a group's policy no longer keeps (invariant I8): asks the log to trim after so many new
/// entries, and when the group is put away. What it asks for is not waited for; should it fail, the next
/// time does it.
///
/// Threads: *confined to the group's actor*.
final class Retention {
    private static final RateLimitedLogger LOG = RateLimitedLogger.of(Retention.class);

    /// A trim costs the store a call, and a group nearly as much memory as so many entries.
    private static final int ENTRIES_BETWEEN_TRIMS = 1024;

    private final Desk desk;
    private long askedAtPosition;

    Retention(Desk desk) {
        this.desk = desk;
    }

    /// The group rests.
    ///
    /// @param full the log takes no more before it is trimmed
    void rested(GroupState state, boolean full) {
        if (full || state.place().position() - askedAtPosition >= ENTRIES_BETWEEN_TRIMS) {
            trim(state);
        }
    }

    /// The group is put away.
    void leaving(GroupState state) {
        trim(state);
    }

    private void trim(GroupState state) {
        askedAtPosition = state.place().position();
        var group = state.group();
        desk.log()
                .trim(group, state.policy().retention())
                .subscribe(
                        _ -> {},
                        error -> LOG.warn("group {}: not trimmed: {}", group, error.toString()));
    }
}
