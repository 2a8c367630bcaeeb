package io.lockstep.ordering.actor;

import io.lockstep.log.GroupTail;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.state.Decision;
import io.lockstep.ordering.state.GroupState;
import io.lockstep.ordering.state.MissedEntries;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.List;
import java.util.Optional;

/// The answers that are not Accepted.
final class RefusedAnswers {
    static final SubmissionAnswer.RefusedAnswer UNKNOWN_GROUP = of(Code.UNKNOWN_GROUP);
    static final SubmissionAnswer.RefusedAnswer GROUP_EXISTS = of(Code.GROUP_EXISTS);
    static final SubmissionAnswer.RefusedAnswer GROUP_FROZEN = of(Code.GROUP_FROZEN);
    static final SubmissionAnswer.RefusedAnswer OVERLOADED = of(Code.OVERLOADED);
    static final SubmissionAnswer.RefusedAnswer DEADLINE_EXCEEDED =
            SubmissionAnswer.RefusedAnswer.of(
                    Code.OVERLOADED, "the submission waited too long; nothing was appended");
    static final SubmissionAnswer.RefusedAnswer USER_BACKLOG_FULL =
            SubmissionAnswer.RefusedAnswer.of(
                    Code.OVERLOADED,
                    "too many submissions of this user wait in the group; nothing was appended");
    static final SubmissionAnswer.RefusedAnswer UNAVAILABLE = of(Code.UNAVAILABLE);
    static final SubmissionAnswer.RefusedAnswer OUTCOME_UNKNOWN = of(Code.OUTCOME_UNKNOWN);
    static final SubmissionAnswer.RefusedAnswer INTERNAL = of(Code.INTERNAL);
    static final SubmissionAnswer.RefusedAnswer STOPPING =
            SubmissionAnswer.RefusedAnswer.of(
                    Code.UNAVAILABLE, "the server is stopping; nothing was appended");

    private RefusedAnswers() {}

    private static SubmissionAnswer.RefusedAnswer of(Code code) {
        return SubmissionAnswer.RefusedAnswer.of(Refusal.of(code));
    }

    /// @param settled a durable state
    static SubmissionAnswer.RefusedAnswer withoutMissed(
            Decision.Refuse refuse, GroupState settled) {
        return switch (refuse.shows()) {
            case NOTHING -> SubmissionAnswer.RefusedAnswer.of(refuse.refusal());
            case TAIL, MISSED ->
                    new SubmissionAnswer.RefusedAnswer(
                            refuse.refusal(),
                            Optional.of(settled.tail()),
                            List.of(),
                            refuse.code() != Code.EPOCH_CONFLICT,
                            refuse.code() == Code.GROUP_REINITIALIZED
                                    ? settled.succession().successor()
                                    : Optional.empty());
        };
    }

    static SubmissionAnswer.RefusedAnswer withMissed(
            Decision.Refuse refuse, GroupTail tail, MissedEntries.Resident missed) {
        return new SubmissionAnswer.RefusedAnswer(
                refuse.refusal(),
                Optional.of(tail),
                missed.entries(),
                missed.all(),
                Optional.empty());
    }
}
