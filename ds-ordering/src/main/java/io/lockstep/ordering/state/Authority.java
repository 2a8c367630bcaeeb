package io.lockstep.ordering.state;

import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.ContentType;

/// What an author may do in a group, as its roster and policy stand (invariant I9).
public sealed interface Authority {
    /// A member of the group.
    record Member() implements Authority {}

    /// Not a member, and may become one, or propose to, by this very submission.
    record Joiner() implements Authority {}

    /// Was a member, and was shown everything up to the commit that removed it.
    record Former(long lastVisible) implements Authority {}

    /// @param code why the submission is refused
    record None(Code code) implements Authority {}

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
            return new Former(membership.get().lastVisible());
        }
        return new None(joinsByItself(submission) ? Code.JOIN_NOT_ALLOWED : Code.NOT_A_MEMBER);
    }

    /// Whether the submission is one that a client outside the group may send: an external commit (RFC
    /// 9420 §12.4.3.2) or a proposal to add itself (§12.1.8, sender new_member_proposal).
    static boolean joinsByItself(Submission submission) {
        return switch (submission) {
            case Submission.Create _ -> false;
            case Submission.Commit c -> c.external();
            case Submission.Message m -> m.byNewMember() && m.kind() == ContentType.PROPOSAL;
        };
    }

    private static boolean mayJoin(GroupState state, Author author) {
        var policy = state.policy();
        return policy.letsJoin(
                policy.asksForDevices() && state.roster().hasDeviceOf(author.owner()));
    }
}
