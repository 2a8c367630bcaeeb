package io.lockstep.ordering.state;

import io.lockstep.log.MemberId;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.Submission;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The memberships and owners that must be looked up before submissions can be decided.
public record RosterQuery(Set<MemberId> members, Set<UserPseudonym> owners) {
    public RosterQuery {
        members = Set.copyOf(members);
        owners = Set.copyOf(owners);
    }

    public boolean isEmpty() {
        return members.isEmpty() && owners.isEmpty();
    }

    public static RosterQuery of(GroupState state, List<KeyedSubmission> submissions) {
        var members = new HashSet<MemberId>();
        var owners = new HashSet<UserPseudonym>();
        for (var keyed : submissions) {
            addTo(state, keyed.submission(), members, owners);
        }
        return new RosterQuery(members, owners);
    }

    private static void addTo(
            GroupState state,
            Submission submission,
            Set<MemberId> members,
            Set<UserPseudonym> owners) {
        var known = state.roster();
        var author = submission.author();
        if (!known.knows(author.member())) {
            members.add(author.member());
        }
        if (Authority.joinsByItself(submission)
                && state.policy().asksForDevices()
                && !known.knowsOwner(author.owner())) {
            owners.add(author.owner());
        }
        if (submission instanceof Submission.CommitSubmission commit
                && state.policy().voidsCommits()
                && commit.rosterChange().size() <= ProvisionalCommits.NAMES_MAX) {
            commit.rosterChange()
                    .names()
                    .filter(member -> !known.knows(member))
                    .forEach(members::add);
        }
        // An external commit may remove devices of its author.
        if (submission instanceof Submission.CommitSubmission commit
                && commit.external()
                && commit.rosterChange().removed().size() <= Decider.EXTERNAL_REMOVED_MAX) {
            commit.rosterChange().removed().stream()
                    .filter(member -> !known.knows(member))
                    .forEach(members::add);
        }
    }
}
