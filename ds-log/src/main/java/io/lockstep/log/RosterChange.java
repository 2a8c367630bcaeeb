package io.lockstep.log;

import java.util.Map;
import java.util.Set;

/// Who a commit brings in and sends away. A member in both is removed and comes back: it sees nothing
/// before this commit.
///
/// @param added new members and the user whose device each is
/// @param removed members who are shown this commit and nothing after it
/// @param addedApart how many new members there are beside those in `added`: an entry does not hold the
///     names of a very long change. [GroupLog#memberships] tells who they are
public record RosterChange(Map<MemberId, OwnerId> added, Set<MemberId> removed, int addedApart) {
    public static final RosterChange NONE = new RosterChange(Map.of(), Set.of());

    public RosterChange {
        added = Map.copyOf(added);
        removed = Set.copyOf(removed);
        if (addedApart < 0) {
            throw new IllegalArgumentException("less than nobody was added");
        }
    }

    /// With all names.
    public RosterChange(Map<MemberId, OwnerId> added, Set<MemberId> removed) {
        this(added, removed, 0);
    }

    public boolean isEmpty() {
        return added.isEmpty() && removed.isEmpty() && addedApart == 0;
    }

    /// How many names it holds.
    public int size() {
        return added.size() + removed.size();
    }
}
