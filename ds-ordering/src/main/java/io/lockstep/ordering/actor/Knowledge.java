package io.lockstep.ordering.actor;

import io.lockstep.ordering.state.GroupState;
import java.util.Optional;

/// What an actor knows of its group.
sealed interface Knowledge {
    /// Nothing: read it first.
    record Unread() implements Knowledge {}

    /// The group as of some durable place in its log; others may have appended since.
    record Read(GroupState state) implements Knowledge {}

    /// The store contradicts what was seen of the group. Nothing is decided until it agrees again.
    ///
    /// @param seen the last state that was durable; empty when the group contradicts itself
    /// @param recheckAtNanos not compared again before then
    record Frozen(Optional<GroupState> seen, long recheckAtNanos) implements Knowledge {}

    Unread UNREAD = new Unread();
}
