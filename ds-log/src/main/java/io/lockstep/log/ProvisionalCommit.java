package io.lockstep.log;

import java.util.HashSet;
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
/// @param left the members in `change` that have left since; a void does not concern them
public record ProvisionalCommit(
        long position,
        long epoch,
        long acceptedAtMillis,
        MemberId author,
        boolean alone,
        RosterDelta change,
        List<Long> proposals,
        Set<MemberId> rejectedBy,
        Set<MemberId> left) {
    /// A commit since which nobody has left.
    public ProvisionalCommit(
            long position,
            long epoch,
            long acceptedAtMillis,
            MemberId author,
            boolean alone,
            RosterDelta change,
            List<Long> proposals,
            Set<MemberId> rejectedBy) {
        this(
                position,
                epoch,
                acceptedAtMillis,
                author,
                alone,
                change,
                proposals,
                rejectedBy,
                Set.of());
    }

    public ProvisionalCommit {
        proposals = List.copyOf(proposals);
        rejectedBy = Set.copyOf(rejectedBy);
        left = Set.copyOf(left);
    }

    /// This commit after a member has left.
    ProvisionalCommit left(MemberId member) {
        if (change.names().noneMatch(member::equals)) {
            return this;
        }
        var all = new HashSet<>(left);
        all.add(member);
        return new ProvisionalCommit(
                position,
                epoch,
                acceptedAtMillis,
                author,
                alone,
                change,
                proposals,
                rejectedBy,
                all);
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
