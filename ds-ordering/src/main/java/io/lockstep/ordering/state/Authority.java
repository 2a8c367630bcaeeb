package io.lockstep.ordering.state;

import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;

/// An author's authority in a group, from its roster and policy (invariant I9).
public sealed interface Authority {
    /// A member of the group.
    record Member() implements Authority {}

    /// Not a member, but may become one, or propose to, with this submission.
    record Joiner() implements Authority {}

    /// A former member. It was sent everything up to the commit that removed it.
    record FormerMember(long lastVisible) implements Authority {}

    /// @param code why the submission is refused
    record NoAuthority(Code code) implements Authority {}

    static Authority of(GroupState state, Submission submission) {
        var author = submission.author();
        var membership = state.roster().find(author.member());
        if (membership.isPresent() && membership.get().isCurrent()) {
            return new Member();
        }
        if (joinsByItself(submission) && mayJoin(state, author)) {
            return new Joiner();
        }
        if (membership.isPresent()) {
            return new FormerMember(membership.get().lastVisible());
        }
        return new NoAuthority(
                joinsByItself(submission) ? Code.JOIN_NOT_ALLOWED : Code.NOT_A_MEMBER);
    }

    /// Whether a client outside the group may send the submission: an external commit (RFC 9420
    /// §12.4.3.2) or a proposal to add itself (§12.1.8, sender new_member_proposal).
    static boolean joinsByItself(Submission submission) {
        return switch (submission) {
            case Submission.CreateSubmission _,
                    Submission.CommitVerdict _,
                    Submission.ReinitSubmission _,
                    Submission.OperatorCommand _,
                    Submission.LeaveSubmission _,
                    Submission.PolicySubmission _ ->
                    false;
            case Submission.CommitSubmission c -> c.external();
            case Submission.MessageSubmission m ->
                    m.byNewMember() && m.kind() == EntryKind.PROPOSAL;
        };
    }

    /// Whether a non-member may join. Members do not need this check: they may always rejoin.
    private static boolean mayJoin(GroupState state, Author author) {
        var policy = state.policy();
        return policy.letsJoin(
                policy.asksForDevices() && state.roster().hasDeviceOf(author.owner()));
    }
}
