package io.lockstep.log;

import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// The members that a commit adds and removes, or that a void removes and restores. A member in both
/// `added` and `removed` is removed and rejoins: it sees nothing before this commit.
///
/// @param added new members and the users that own these devices
/// @param removed members that receive this entry and nothing after it
/// @param addedApart number of new members that are not in `added`: an entry does not contain the
///     names of a very large change. [GroupLog#memberships] returns them.
/// @param restored members again, as if they had not been removed at `restoredSince` or later
/// @param restoredSince the first voided position; 0 for a commit
public record RosterDelta(
        Map<MemberId, UserPseudonym> added,
        Set<MemberId> removed,
        int addedApart,
        Set<MemberId> restored,
        long restoredSince) {
    public static final RosterDelta NONE = new RosterDelta(Map.of(), Set.of());

    public RosterDelta {
        added = Map.copyOf(added);
        removed = Set.copyOf(removed);
        restored = Set.copyOf(restored);
        if (addedApart < 0) {
            throw new IllegalArgumentException("addedApart must not be negative");
        }
    }

    /// A change with all its names.
    public RosterDelta(Map<MemberId, UserPseudonym> added, Set<MemberId> removed) {
        this(added, removed, 0);
    }

    /// A change of a commit.
    public RosterDelta(Map<MemberId, UserPseudonym> added, Set<MemberId> removed, int addedApart) {
        this(added, removed, addedApart, Set.of(), 0);
    }

    /// The change of a void.
    ///
    /// @param since the first voided position
    public static RosterDelta undoing(Set<MemberId> removed, Set<MemberId> restored, long since) {
        return new RosterDelta(Map.of(), removed, 0, restored, since);
    }

    public boolean isEmpty() {
        return added.isEmpty() && removed.isEmpty() && addedApart == 0 && restored.isEmpty();
    }

    /// The members that a commit adds or removes; one that it removes and adds comes twice.
    public Stream<MemberId> names() {
        return Stream.concat(removed.stream(), added.keySet().stream());
    }

    /// The number of names that it contains.
    public int size() {
        return added.size() + removed.size() + restored.size();
    }
}
