package io.lockstep.ordering.actor;

import io.lockstep.ordering.state.GroupState;
import java.util.Optional;

/// The state of an actor's knowledge of its group.
sealed interface GroupLoadState {
    /// Nothing is known; the group must be read first.
    record NotLoaded() implements GroupLoadState {}

    /// The group at some durable position of its log. Other nodes may have appended since.
    record LoadedGroup(GroupState state) implements GroupLoadState {}

    /// The store contradicts what was seen of the group. Nothing is decided until it agrees again.
    ///
    /// @param seen the last durable state; empty when the group contradicts itself
    /// @param recheckAtNanos earliest time of the next comparison
    record FrozenGroup(Optional<GroupState> seen, long recheckAtNanos) implements GroupLoadState {}

    NotLoaded UNREAD = new NotLoaded();
}
