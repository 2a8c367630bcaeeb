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
        int names = 0;
        for (var keyed : submissions) {
            addTo(state, keyed.submission(), members, owners);
            if (keyed.submission() instanceof Submission.CommitSubmission commit) {
                // The first commits only: the others are decided later anyway, and all names of a
                // batch may be more than [KnownMembers#KNOWN_MAX].
                names += commit.rosterChange().size();
                if (names <= ProvisionalCommits.NAMES_MAX) {
                    addNames(state, commit, members);
                }
            }
        }
        return new RosterQuery(members, owners);
    }

    private static void addTo(
            GroupState state,
            Submission submission,
            Set<MemberId> members,
            Set<UserPseudonym> owners) {
        if (submission instanceof Submission.OperatorCommand) {
            return;
        }
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
        // An external commit may remove devices of its author.
        if (submission instanceof Submission.CommitSubmission commit
                && commit.external()
                && commit.rosterChange().removed().size() <= Decider.EXTERNAL_REMOVED_MAX) {
            commit.rosterChange().removed().stream()
                    .filter(member -> !known.knows(member))
                    .forEach(members::add);
        }
    }

    private static void addNames(
            GroupState state, Submission.CommitSubmission commit, Set<MemberId> members) {
        if (state.policy().voidsCommits()) {
            commit.rosterChange()
                    .names()
                    .filter(member -> !state.roster().knows(member))
                    .forEach(members::add);
        }
    }
}
