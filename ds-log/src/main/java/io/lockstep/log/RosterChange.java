package io.lockstep.log;

import java.util.Map;
import java.util.Set;

/// Who a commit brings in and sends away. A member in both is removed and comes back: it sees nothing
/// before this commit.
///
/// @param added new members and the user whose device each is
/// @param removed members who are shown this commit and nothing after it
public record RosterChange(Map<MemberId, OwnerId> added, Set<MemberId> removed) {
    public static final RosterChange NONE = new RosterChange(Map.of(), Set.of());

    public RosterChange {
        added = Map.copyOf(added);
        removed = Set.copyOf(removed);
    }

    public boolean isEmpty() {
        return added.isEmpty() && removed.isEmpty();
    }

    /// How many it names.
    public int size() {
        return added.size() + removed.size();
    }
}
