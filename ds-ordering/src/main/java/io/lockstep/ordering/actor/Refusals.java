package io.lockstep.ordering.actor;

import io.lockstep.log.GroupTail;
import io.lockstep.ordering.Answer;
import io.lockstep.ordering.state.Decision;
import io.lockstep.ordering.state.Missed;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.List;
import java.util.Optional;

/// The answers that are not Accepted.
final class Refusals {
    static final Answer.Refused UNKNOWN_GROUP = of(Code.UNKNOWN_GROUP);
    static final Answer.Refused GROUP_EXISTS = of(Code.GROUP_EXISTS);
    static final Answer.Refused GROUP_FROZEN = of(Code.GROUP_FROZEN);
    static final Answer.Refused OVERLOADED = of(Code.OVERLOADED);
    static final Answer.Refused TOO_LATE =
            Answer.Refused.of(
                    Code.OVERLOADED, "the submission waited too long; nothing was appended");
    static final Answer.Refused SHARE_FULL =
            Answer.Refused.of(
                    Code.OVERLOADED,
                    "too many submissions of this user wait in the group; nothing was appended");
    static final Answer.Refused UNAVAILABLE = of(Code.UNAVAILABLE);
    static final Answer.Refused OUTCOME_UNKNOWN = of(Code.OUTCOME_UNKNOWN);
    static final Answer.Refused INTERNAL = of(Code.INTERNAL);
    static final Answer.Refused STOPPING =
            Answer.Refused.of(Code.UNAVAILABLE, "the server is stopping; nothing was appended");

    private Refusals() {}

    private static Answer.Refused of(Code code) {
        return Answer.Refused.of(Refusal.of(code));
    }

    /// @param tail a durable tail
    static Answer.Refused withoutMissed(Decision.Refuse refuse, GroupTail tail) {
        return switch (refuse.shows()) {
            case NOTHING -> Answer.Refused.of(refuse.refusal());
            case TAIL, MISSED ->
                    new Answer.Refused(
                            refuse.refusal(),
                            Optional.of(tail),
                            List.of(),
                            refuse.code() != Code.EPOCH_CONFLICT);
        };
    }

    static Answer.Refused withMissed(Decision.Refuse refuse, GroupTail tail, Missed.Told missed) {
        return new Answer.Refused(
                refuse.refusal(), Optional.of(tail), missed.entries(), missed.all());
    }
}
