package io.lockstep.log;

import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Optional;

/// A page of the register: groups with troubles, those with the latest first.
///
/// @param next the cursor of the next page; empty when there is none
public record TroubledGroups(List<TroubledGroup> groups, Optional<String> next) {
    /// A group and its troubles.
    public record TroubledGroup(GroupId group, GroupTroubles troubles) {}

    public TroubledGroups {
        groups = List.copyOf(groups);
    }
}
