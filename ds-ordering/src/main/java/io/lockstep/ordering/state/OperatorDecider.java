package io.lockstep.ordering.state;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission.OperatorAction;
import io.lockstep.ordering.Submission.OperatorCommand;
import io.lockstep.ordering.state.Decision.Disclosure;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// The rules of the operator's commands, for [Decider]. Each is an entry of the log with the
/// operator's evidence, so all members read it. The same command again repeats its outcome.
///
/// The operator is bound by the rules that keep a group together: it voids no confirmed commit
/// (invariant I1), and names no second successor.
final class OperatorDecider {
    private OperatorDecider() {}

    static Decision decide(GroupState state, OperatorCommand command, long at) {
        var evidence = command.evidence();
        return switch (command.action()) {
            case OperatorAction.VoidCommits(var position) ->
                    ReinitDecider.refusal(state)
                            .orElseGet(() -> voidCommits(state, position, evidence, at));
            case OperatorAction.Reset(var successor) -> reset(state, successor, evidence, at);
            case OperatorAction.Freeze _ ->
                    ReinitDecider.refusal(state)
                            .orElseGet(() ->
                                    state.isFrozen()
                                            ? VerdictDecider.repeat(state, freeze(state))
                                            : append(state, new ControlEvent.Frozen(evidence), at));
            case OperatorAction.Thaw _ ->
                    ReinitDecider.refusal(state)
                            .orElseGet(() ->
                                    state.isFrozen()
                                            ? append(state, new ControlEvent.Thawed(evidence), at)
                                            : VerdictDecider.repeat(state, state.logPosition()));
        };
    }

    private static LogPosition freeze(GroupState state) {
        return new LogPosition(
                VerdictDecider.incarnation(state),
                state.frozenAt(),
                state.recent().at(state.frozenAt()).map(LogEntry::head).orElse(Bytes.EMPTY));
    }

    private static Decision voidCommits(
            GroupState state, OptionalLong position, Evidence evidence, long at) {
        var commits = state.provisional();
        var commit =
                position.isPresent()
                        ? commits.at(position.getAsLong())
                        : commits.commits().stream()
                                .filter(candidate -> !candidate.rejectedBy().isEmpty())
                                .findFirst();
        return commit.map(first -> voidFrom(state, first, evidence, at))
                .or(() -> voidedBefore(state, position, evidence))
                .orElseGet(VerdictDecider::notProvisional);
    }

    private static Decision voidFrom(
            GroupState state, ProvisionalCommit commit, Evidence evidence, long at) {
        return VerdictDecider.control(
                state,
                new ControlEvent.Voided(commit.position(), commit.epoch(), Optional.of(evidence)),
                at,
                state.provisional().undone(commit.position()),
                Optional.empty(),
                0);
    }

    /// The outcome of the same command before, or of the members, who were faster.
    private static Optional<Decision> voidedBefore(
            GroupState state, OptionalLong position, Evidence evidence) {
        Predicate<LogEntry> voided =
                position.isPresent()
                        ? entry ->
                                entry.voided()
                                        .filter(event ->
                                                VerdictDecider.covers(
                                                        entry, event, position.getAsLong()))
                                        .isPresent()
                        : entry ->
                                entry.voided()
                                        .flatMap(ControlEvent.Voided::evidence)
                                        .filter(evidence::equals)
                                        .isPresent();
        return state.recent().entries().reversed().stream()
                .filter(voided)
                .findFirst()
                .map(entry ->
                        VerdictDecider.repeat(
                                state,
                                new LogPosition(
                                        VerdictDecider.incarnation(state),
                                        entry.position(),
                                        entry.head())));
    }

    private static Decision reset(GroupState state, GroupId successor, Evidence evidence, long at) {
        if (state.succession().successor().equals(Optional.of(successor))) {
            return VerdictDecider.repeat(state, state.logPosition());
        }
        if (successor.equals(state.group())) {
            return Decider.invalid("a group cannot be its own successor");
        }
        return ReinitDecider.refusal(state)
                .orElseGet(() ->
                        append(
                                state,
                                new ControlEvent.Reinitialized(successor, Optional.of(evidence)),
                                at));
    }

    private static Decision append(GroupState state, ControlEvent event, long at) {
        return VerdictDecider.control(state, event, at, RosterDelta.NONE, Optional.empty(), 0);
    }

    /// The refusal of everything that a client submits while the group is frozen.
    static Optional<Decision> refusal(GroupState state) {
        return state.isFrozen()
                ? Optional.of(
                        new Decision.Refuse(
                                new Refusal(
                                        Code.GROUP_FROZEN,
                                        "the operator froze the group at position "
                                                + state.frozenAt()
                                                + "; it can be read"),
                                Disclosure.TAIL))
                : Optional.empty();
    }
}
