package io.lockstep.ordering.state;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.PartContent;
import io.lockstep.log.ProvisionalCommit;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.Submission.CommitVerdict;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.state.Decision.Disclosure;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.EntryKind;
import java.util.List;
import java.util.Optional;

/// The rules of provisional commits, for [Decider].
///
/// In a group whose policy allows voids, a commit is provisional until another member confirms it:
/// by a message of a later epoch, by an acknowledgement, or by a rejection of a later commit. While
/// it is provisional, enough rejections of distinct members void it and every commit after it. A
/// confirmed commit is never voided (invariant I1).
final class VerdictDecider {
    private VerdictDecider() {}

    static Decision decide(GroupState state, CommitVerdict verdict, long at) {
        return Decider.ofMember(
                state,
                verdict,
                () -> Decider.closed(state).orElseGet(() -> ofMember(state, verdict, at)));
    }

    private static Decision ofMember(GroupState state, CommitVerdict verdict, long at) {
        return switch (verdict.verdict()) {
            case Submission.Verdict.Acknowledge _ -> acknowledge(state, verdict, at);
            case Submission.Verdict.Reject(var reason) ->
                    state.provisional()
                            .at(verdict.position())
                            .map(commit -> reject(state, verdict, commit, reason, at))
                            .or(() -> repeated(state, verdict))
                            .orElseGet(VerdictDecider::notProvisional);
        };
    }

    private static Decision acknowledge(GroupState state, CommitVerdict verdict, long at) {
        long confirms =
                state.provisional()
                        .confirmedByAck(verdict.author().member(), verdict.position(), at);
        return confirms == 0
                ? notProvisional()
                : control(
                        state,
                        new ControlEvent.Confirmed(confirms),
                        at,
                        RosterDelta.NONE,
                        Optional.empty(),
                        confirms);
    }

    /// A member that rejects a commit has applied those before it, except those that it has rejected
    /// and those before its own external commit.
    private static Decision reject(
            GroupState state,
            CommitVerdict verdict,
            ProvisionalCommit commit,
            String reason,
            long at) {
        var member = verdict.author().member();
        if (commit.author().equals(member)) {
            return Decider.invalid("the author of a commit must not reject it");
        }
        boolean again = commit.rejectedBy().contains(member);
        int rejections = commit.rejectedBy().size() + (again ? 0 : 1);
        // The policy may have changed since an earlier rejection.
        boolean voids = rejections >= state.policy().voidAfter();
        if (again && !voids) {
            return repeated(state, verdict)
                    .orElseGet(() ->
                            repeat(state, new LogPosition(incarnation(state), 0, Bytes.EMPTY)));
        }
        long confirms = state.provisional().confirmedByRejection(member, commit.position(), at);
        return voids
                ? control(
                        state,
                        new ControlEvent.Voided(commit.position(), commit.epoch()),
                        at,
                        state.provisional().undone(commit.position()),
                        Optional.of(member),
                        confirms)
                : control(
                        state,
                        new ControlEvent.Rejected(commit.position(), reason),
                        at,
                        RosterDelta.NONE,
                        Optional.of(member),
                        confirms);
    }

    /// The outcome of a rejection that is among the recent entries: of the same member (invariant
    /// I4), or of others, who voided the commit before.
    private static Optional<Decision> repeated(GroupState state, CommitVerdict verdict) {
        return state.recent().entries().stream()
                .filter(entry ->
                        entry.control().filter(event -> settles(entry, event, verdict)).isPresent())
                .findFirst()
                .map(entry ->
                        repeat(
                                state,
                                new LogPosition(
                                        incarnation(state), entry.position(), entry.head())));
    }

    private static boolean settles(LogEntry entry, ControlEvent event, CommitVerdict verdict) {
        return switch (event) {
            case ControlEvent.Rejected(var position, _) ->
                    position == verdict.position()
                            && entry.author().filter(verdict.author().member()::equals).isPresent();
            case ControlEvent.Voided voided -> covers(entry, voided, verdict.position());
            case ControlEvent.Confirmed _,
                    ControlEvent.Reinitialized _,
                    ControlEvent.Left _,
                    ControlEvent.PolicySet _,
                    ControlEvent.Frozen _,
                    ControlEvent.Thawed _,
                    ControlEvent.Unknown _ ->
                    false;
        };
    }

    /// Whether an entry with this void undoes the commit at a position.
    static boolean covers(LogEntry entry, ControlEvent.Voided voided, long position) {
        return voided.position() <= position && position < entry.position();
    }

    static Decision repeat(GroupState state, LogPosition first) {
        return new Decision.Repeat(new SubmissionAnswer.AcceptedAnswer(first, state.epoch(), true));
    }

    static Bytes incarnation(GroupState state) {
        return state.logPosition().incarnation();
    }

    /// Appends an entry of the service.
    static Decision control(
            GroupState state,
            ControlEvent event,
            long at,
            RosterDelta change,
            Optional<MemberId> author,
            long confirms) {
        var message = event.encode();
        return Decider.append(
                state,
                EntryKind.CONTROL,
                state.epoch(),
                at,
                new PartContent.Inline(message),
                message.sha256(),
                change,
                List.of(),
                author,
                confirms,
                false,
                Optional.empty(),
                NewEntry::of);
    }

    static Decision notProvisional() {
        return new Decision.Refuse(Refusal.of(Code.COMMIT_NOT_PROVISIONAL), Disclosure.TAIL);
    }

    /// Whether a commit may be appended that would be provisional.
    ///
    /// @param confirms the newest provisional commit that it confirms; 0 for none
    /// @return the refusal
    static Optional<Decision> checkProvisional(
            GroupState state, RosterDelta change, long confirms, long at) {
        if (change.size() > ProvisionalCommits.NAMES_MAX) {
            return Optional.of(
                    Decider.invalid(
                            "in a group with void_after a commit may add and remove at most "
                                    + ProvisionalCommits.NAMES_MAX
                                    + " members"));
        }
        return state.provisional()
                        .confirmed(confirms)
                        .hasRoom(change.size(), state.proposals().size(), at)
                ? Optional.empty()
                : Optional.of(
                        new Decision.Refuse(Refusal.of(Code.COMMITS_UNCONFIRMED), Disclosure.TAIL));
    }
}
