package io.lockstep.ordering.simulation;

import io.lockstep.log.BlobReference;
import io.lockstep.log.LogEntry;
import io.lockstep.log.PartContent;
import io.lockstep.log.Roster;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// A submission sent to one node, with the check of its answer against the journal.
final class SentSubmission {
    final Submission submission;
    final int node;
    final int lifeOfNode;
    final int positionWhenSent;
    final boolean groupWhenSent;
    final List<SubmissionAnswer> answers = new ArrayList<>();
    private final boolean outcomesAreKnown;
    private final boolean errorsAreThrown;
    private final ReferenceLog journal;

    /// @param lifeOfNode number of the node's restarts: a crash ends a life
    /// @param errorsAreThrown whether a fault of the server may be the answer
    /// @param outcomesAreKnown if not, a node cannot always tell its own append from another append
    ///     of the same bytes at the same position, and may report both as the first
    SentSubmission(
            Submission submission,
            int node,
            int lifeOfNode,
            boolean outcomesAreKnown,
            boolean errorsAreThrown,
            ReferenceLog journal) {
        this.submission = submission;
        this.node = node;
        this.lifeOfNode = lifeOfNode;
        this.outcomesAreKnown = outcomesAreKnown;
        this.errorsAreThrown = errorsAreThrown;
        this.journal = journal;
        var group = journal.group(submission.group());
        this.groupWhenSent = group.isPresent();
        this.positionWhenSent = group.map(ReferenceLog.Group::position).orElse(0);
    }

    Bytes message() {
        return switch (submission) {
            case Submission.CreateSubmission _,
                    Submission.CommitVerdict _,
                    Submission.ReinitSubmission _,
                    Submission.OperatorCommand _,
                    Submission.LeaveSubmission _,
                    Submission.PolicySubmission _ ->
                    Bytes.EMPTY;
            case Submission.MessageSubmission m -> inline(m.content());
            case Submission.CommitSubmission c -> inline(c.content());
        };
    }

    private static Bytes inline(PartContent content) {
        return switch (content) {
            case PartContent.Inline(var bytes) -> bytes;
            case BlobReference apart -> throw new IllegalStateException("a reference, " + apart);
        };
    }

    long epoch() {
        return switch (submission) {
            case Submission.CreateSubmission c -> c.epoch();
            case Submission.MessageSubmission m -> m.epoch();
            case Submission.CommitSubmission c -> c.epoch();
            case Submission.CommitVerdict _,
                    Submission.ReinitSubmission _,
                    Submission.OperatorCommand _,
                    Submission.LeaveSubmission _,
                    Submission.PolicySubmission _ ->
                    0;
        };
    }

    boolean isStored() {
        return switch (submission) {
            case Submission.CreateSubmission _,
                    Submission.CommitVerdict _,
                    Submission.ReinitSubmission _,
                    Submission.OperatorCommand _,
                    Submission.LeaveSubmission _,
                    Submission.PolicySubmission _ ->
                    false;
            case Submission.MessageSubmission m -> !m.ephemeral();
            case Submission.CommitSubmission _ -> true;
        };
    }

    /// Called at the very moment of the answer: its content must be true already.
    void answered(SubmissionAnswer answer) {
        answers.add(answer);
        Violation.unless(answers.size() == 1, "a submission was answered twice");
        switch (answer) {
            case SubmissionAnswer.AcceptedAnswer accepted -> accepted(accepted);
            case SubmissionAnswer.RefusedAnswer refused -> refused(refused);
        }
    }

    private ReferenceLog.Group group() {
        return journal.group(submission.group())
                .orElseThrow(() -> new Violation("I3: answered, but there is no such group"));
    }

    private void accepted(SubmissionAnswer.AcceptedAnswer accepted) {
        var group = group();
        int position = (int) accepted.logPosition().position();
        Violation.unless(
                accepted.logPosition().incarnation().equals(group.made.incarnation()),
                "I3: an answer of another incarnation");
        if (submission instanceof Submission.CommitVerdict
                || submission instanceof Submission.ReinitSubmission
                || submission instanceof Submission.OperatorCommand
                || submission instanceof Submission.LeaveSubmission
                || submission instanceof Submission.PolicySubmission) {
            Violation.unless(position <= group.position(), "I3: a verdict beyond the log");
            return;
        }
        if (!isStored()) {
            Violation.unless(position == 0, "a position for what is not stored");
            return;
        }
        Violation.unless(
                position >= 1 && position <= group.position(),
                "I3: accepted at " + position + ", which is not in the log");
        var entry = group.entries.get(position - 1);
        Violation.unless(
                entry.message().equals(message()), "I3: other bytes at the accepted position");
        Violation.unless(
                entry.head().equals(accepted.logPosition().head()),
                "I3: another head than accepted");
        boolean external = submission instanceof Submission.CommitSubmission c && c.external();
        Violation.unless(
                entry.voidedProposals()
                        .equals(external ? group.proposalsBefore(position) : List.of()),
                "other proposals are named as void than those of the epoch, at " + position);
        Violation.unless(
                accepted.epoch() == group.epoch(position), "another epoch than after the entry");
        Violation.unless(
                accepted.repeat() || position > positionWhenSent || !outcomesAreKnown,
                "I4: accepted as new what was in the log before it was sent");
    }

    private void refused(SubmissionAnswer.RefusedAnswer refused) {
        refused.tail()
                .ifPresent(tail ->
                        Violation.unless(
                                tail.position() <= group().position()
                                        && group().head((int) tail.position())
                                                .equals(tail.last().head()),
                                "I3: refused with a tail that is not in the log"));
        for (var entry : refused.missed()) {
            checkMissed(entry);
        }
        switch (refused.code()) {
            case EPOCH_CONFLICT, EPOCH_TOO_OLD ->
                    Violation.unless(
                            positionsMeanwhile().anyMatch(p -> group().epoch(p) > epoch()),
                            "refused as late in an epoch that is not over");
            case EPOCH_FROM_THE_FUTURE ->
                    Violation.unless(
                            positionsMeanwhile().anyMatch(p -> group().epoch(p) < epoch()),
                            "refused as early in an epoch that had begun");
            case NOT_A_MEMBER, REMOVED ->
                    Violation.unless(
                            rostersMeanwhile().stream()
                                    .anyMatch(r -> !r.isMember(submission.author().member())),
                            "I9: a member all along was refused as none");
            case UNKNOWN_GROUP -> Violation.unless(!groupWhenSent, "an existing group is unknown");
            case GROUP_FROZEN ->
                    Violation.unless(
                            positionsMeanwhile().anyMatch(group()::isFrozen),
                            "a sound log led to " + refused.code());
            case INTERNAL ->
                    Violation.unless(errorsAreThrown, "a sound log led to " + refused.code());
            default -> {}
        }
    }

    private void checkMissed(LogEntry entry) {
        var group = group();
        int position = (int) entry.position();
        Violation.unless(
                position <= group.position() && group.entries.get(position - 1).equals(entry),
                "I3: a refusal shows an entry that is not in the log");
        Violation.unless(
                rostersMeanwhile().stream().anyMatch(r -> maySee(r, position)),
                "I9: a refusal shows what its author may not see");
    }

    private boolean maySee(Roster roster, int position) {
        return roster.find(submission.author().member())
                .filter(m -> m.firstVisible() <= position && position <= m.lastVisible())
                .isPresent();
    }

    private IntStream positionsMeanwhile() {
        return IntStream.rangeClosed(positionWhenSent, group().position());
    }

    private List<Roster> rostersMeanwhile() {
        return positionsMeanwhile().mapToObj(group()::roster).toList();
    }

    /// Whether the answer promises that this submission never adds its bytes to the log.
    boolean isRefusedForGood() {
        return answers.size() == 1
                && answers.getFirst() instanceof SubmissionAnswer.RefusedAnswer refused
                && refused.code() != Code.OUTCOME_UNKNOWN
                && refused.code() != Code.INTERNAL;
    }
}
