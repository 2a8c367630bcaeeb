package io.lockstep.ordering.state;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission.PolicySubmission;
import io.lockstep.ordering.state.Decision.Disclosure;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.Optional;

/// The rules of policy changes, for [Decider]: a member changes the policy if the policy in force
/// lets it. The new one applies to what follows in the log.
final class PolicyDecider {
    private PolicyDecider() {}

    static Decision decide(GroupState state, PolicySubmission submission, long at) {
        return Decider.ofMember(
                state,
                submission,
                () -> Decider.closed(state).orElseGet(() -> ofMember(state, submission, at)));
    }

    private static Decision ofMember(GroupState state, PolicySubmission submission, long at) {
        boolean isCreators = state.succession().isCreators(submission.author().owner());
        if (!state.policy().change().isOf(isCreators)) {
            return Decider.refuse(Code.POLICY_CHANGE_NOT_ALLOWED);
        }
        if (submission.change().turnsVoids(state.policy())) {
            return Decider.invalid(
                    "void_after: 0 stays 0, and a number above 0 stays above 0, for the whole life of"
                            + " a group");
        }
        var next = submission.change().applyTo(state.policy());
        // Otherwise the author of a junk commit could keep it.
        if (next.voidAfter() > state.policy().voidAfter() && !state.provisional().isEmpty()) {
            return new Decision.Refuse(
                    new Refusal(
                            Code.COMMITS_UNCONFIRMED,
                            "void_after: does not rise while a commit can be voided"),
                    Disclosure.TAIL);
        }
        return next.equals(state.policy())
                ? VerdictDecider.repeat(state, state.logPosition())
                : VerdictDecider.control(
                        state,
                        new ControlEvent.PolicySet(next, submission.client()),
                        at,
                        RosterDelta.NONE,
                        Optional.empty(),
                        0);
    }
}
