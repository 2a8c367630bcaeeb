package io.lockstep.ordering.state;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission.ReinitSubmission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.state.Decision.Disclosure;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.Optional;

/// The rules of successors, for [Decider]: the first successor in the log wins (RFC 9420 §11.2), and
/// nothing is appended after it.
final class ReinitDecider {
    private ReinitDecider() {}

    static Decision decide(GroupState state, ReinitSubmission reinit, long at) {
        return Decider.ofMember(state, reinit, () -> ofMember(state, reinit, at));
    }

    private static Decision ofMember(GroupState state, ReinitSubmission reinit, long at) {
        var successor = state.succession().successor();
        if (successor.equals(Optional.of(reinit.successor()))) {
            return new Decision.Repeat(
                    new SubmissionAnswer.AcceptedAnswer(state.logPosition(), state.epoch(), true));
        }
        if (reinit.successor().equals(state.group())) {
            return Decider.invalid("a group cannot be its own successor");
        }
        boolean isCreators = state.succession().isCreators(reinit.author().owner());
        return Decider.closed(state)
                .orElseGet(() ->
                        state.policy().reinit().isOf(isCreators)
                                ? VerdictDecider.control(
                                        state,
                                        new ControlEvent.Reinitialized(reinit.successor()),
                                        at,
                                        RosterDelta.NONE,
                                        Optional.empty(),
                                        0)
                                : Decider.refuse(Code.REINIT_NOT_ALLOWED));
    }

    /// The refusal of everything that comes after the successor.
    static Optional<Decision> refusal(GroupState state) {
        return state.succession()
                .successor()
                .map(_ ->
                        new Decision.Refuse(Refusal.of(Code.GROUP_REINITIALIZED), Disclosure.TAIL));
    }
}
