package io.lockstep.ordering.state;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission.LeaveSubmission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The rules of leaving, for [Decider]: every member may leave, and is removed from the roster by the
/// entry that says so. No void brings it back.
final class LeaveDecider {
    private LeaveDecider() {}

    static Decision decide(GroupState state, LeaveSubmission leave, long at) {
        return switch (Authority.of(state, leave)) {
            case Authority.NoAuthority none -> Decider.refuse(none.code());
            case Authority.FormerMember former ->
                    repeated(state, leave, former).orElseGet(() -> Decider.refuse(Code.REMOVED));
            case Authority.Joiner _ -> Decider.refuse(Code.NOT_A_MEMBER);
            case Authority.Member _ ->
                    Decider.closed(state)
                            .orElseGet(() ->
                                    VerdictDecider.control(
                                            state,
                                            new ControlEvent.Left(leave.client()),
                                            at,
                                            new RosterDelta(
                                                    Map.of(), Set.of(leave.author().member())),
                                            Optional.empty(),
                                            0));
        };
    }

    /// The outcome of an earlier request of this client, if that is how it left (invariant I4).
    private static Optional<Decision> repeated(
            GroupState state, LeaveSubmission leave, Authority.FormerMember former) {
        long position = former.lastVisible();
        var entry = state.recent().at(position);
        boolean listed =
                state.departures()
                        .of(leave.author().member())
                        .filter(departed -> departed.position() == position)
                        .isPresent();
        return listed || entry.flatMap(LogEntry::left).isPresent()
                ? Optional.of(
                        new Decision.Repeat(
                                new SubmissionAnswer.AcceptedAnswer(
                                        new LogPosition(
                                                state.logPosition().incarnation(),
                                                position,
                                                entry.map(LogEntry::head).orElse(Bytes.EMPTY)),
                                        state.epoch(),
                                        true)))
                : Optional.empty();
    }
}
