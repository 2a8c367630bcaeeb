package io.lockstep.log;

import java.util.List;
import java.util.Set;

/// A commit that no other member has confirmed yet, with what must be known to void it.
///
/// @param position of the commit
/// @param epoch the epoch that it ended, and that a void restores
/// @param author the member that sent it; its own submissions confirm nothing
/// @param alone whether its author was the only member before it: nobody else can lose the group
/// @param change the roster change that a void undoes; it contains all names
/// @param proposals positions of the epoch's proposals before it
/// @param rejectedBy the members that rejected it so far
public record ProvisionalCommit(
        long position,
        long epoch,
        long acceptedAtMillis,
        MemberId author,
        boolean alone,
        RosterDelta change,
        List<Long> proposals,
        Set<MemberId> rejectedBy) {
    public ProvisionalCommit {
        proposals = List.copyOf(proposals);
        rejectedBy = Set.copyOf(rejectedBy);
    }

    /// Whether the commit itself made this a member, in a group that had other members before. Such
    /// a member may be an accomplice of the author, who adds it to confirm the commit.
    boolean isJoiner(MemberId member) {
        return !alone && isNew(change, member);
    }

    static boolean isNew(RosterDelta change, MemberId member) {
        return change.added().containsKey(member) && !change.removed().contains(member);
    }
}
