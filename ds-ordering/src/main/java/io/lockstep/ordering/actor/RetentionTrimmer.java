package io.lockstep.ordering.actor;

import io.lockstep.ordering.state.GroupState;
import io.lockstep.runtime.RateLimitedLogger;
import reactor.core.publisher.Mono;

/// Trims a group's log as its policy requires (invariant I8): after a number of new entries, and
/// when the group's actor is removed. The actor does not wait for a trim. If a trim fails, the next
/// one repeats it.
///
/// Threads: *confined to the group's actor*.
final class RetentionTrimmer {
    private static final RateLimitedLogger LOG = RateLimitedLogger.of(RetentionTrimmer.class);

    /// A trim costs the store one call. Entries between two trims cost it memory.
    private static final int ENTRIES_BETWEEN_TRIMS = 1024;

    private final ActorContext context;
    private long askedAtPosition;

    RetentionTrimmer(ActorContext context) {
        this.context = context;
    }

    /// The actor has no more work.
    ///
    /// @param full the log accepts no more entries before a trim
    void onIdle(GroupState state, boolean full) {
        if (full || state.logPosition().position() - askedAtPosition >= ENTRIES_BETWEEN_TRIMS) {
            trim(state);
        }
    }

    /// The actor is being removed.
    void onEviction(GroupState state) {
        trim(state);
    }

    private void trim(GroupState state) {
        askedAtPosition = state.logPosition().position();
        var group = state.group();
        // Another node may have changed the policy since this one used the group.
        context.log()
                .policy(group)
                .flatMap(Mono::justOrEmpty)
                .flatMap(policy -> context.log().trim(group, policy.retention()))
                .subscribe(
                        _ -> {},
                        error -> LOG.warn("group {}: not trimmed: {}", group, error.toString()));
    }
}
