package io.lockstep.log;

import java.util.Map;
import java.util.Set;

/// The members that a commit adds and removes. A member in both is removed and rejoins: it sees
/// nothing before this commit.
///
/// @param added new members and the users that own these devices
/// @param removed members that receive this commit and nothing after it
/// @param addedApart number of new members that are not in `added`: an entry does not contain the
///     names of a very large change. [GroupLog#memberships] returns them.
public record RosterDelta(
        Map<MemberId, UserPseudonym> added, Set<MemberId> removed, int addedApart) {
    public static final RosterDelta NONE = new RosterDelta(Map.of(), Set.of());

    public RosterDelta {
        added = Map.copyOf(added);
        removed = Set.copyOf(removed);
        if (addedApart < 0) {
            throw new IllegalArgumentException("addedApart must not be negative");
        }
    }

    /// A change with all its names.
    public RosterDelta(Map<MemberId, UserPseudonym> added, Set<MemberId> removed) {
        this(added, removed, 0);
    }

    public boolean isEmpty() {
        return added.isEmpty() && removed.isEmpty() && addedApart == 0;
    }

    /// The number of names that it contains.
    public int size() {
        return added.size() + removed.size();
    }
}
