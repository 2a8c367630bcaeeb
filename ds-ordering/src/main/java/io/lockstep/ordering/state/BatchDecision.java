package io.lockstep.ordering.state;

import io.lockstep.log.LogLimits;
import io.lockstep.log.NewEntry;
import io.lockstep.ordering.Submission;
import java.util.ArrayList;
import java.util.List;

/// A batch whose submissions are decided one after the other, each on the state after the ones
/// before it. The decision takes effect only when its entries are durable.
///
/// @param decisions for the first submissions of the batch; fewer than submissions when the log
///     must be asked about the next one first, would change too many members in one append, or must
///     not append the next one together with them
/// @param next the state once `entries` are durable
public record BatchDecision(List<Decision> decisions, List<NewEntry> entries, GroupState next) {
    public static BatchDecision of(
            GroupState state, List<KeyedSubmission> submissions, long acceptedAtMillis) {
        var decisions = new ArrayList<Decision>(submissions.size());
        var entries = new ArrayList<NewEntry>(submissions.size());
        var next = state;
        int names = 0;
        for (var submission : submissions) {
            int changed = names(submission);
            // A commit that alone exceeds the limit is the last of its batch.
            boolean tooMany = names + changed > LogLimits.BATCH_NAMES_MAX;
            boolean unknown = !RosterQuery.of(next, List.of(submission)).isEmpty();
            if (!decisions.isEmpty() && (tooMany || unknown)) {
                break;
            }
            names += changed;
            var decision = Decider.decide(next, submission, acceptedAtMillis);
            if (decision instanceof Decision.AskLog
                    || (decision instanceof Decision.Append append
                            && mustFollow(entries, append.entry()))) {
                break;
            }
            if (decision instanceof Decision.Append append) {
                entries.add(append.entry());
                next = append.next();
            }
            decisions.add(decision);
            if (!entries.isEmpty() && entries.getLast().voided().isPresent()) {
                break;
            }
        }
        return new BatchDecision(decisions, entries, next);
    }

    /// Whether the entry must go into a later batch: a void is a batch of its own, and a batch has
    /// at most one provisional commit.
    private static boolean mustFollow(List<NewEntry> entries, NewEntry next) {
        return !entries.isEmpty()
                && (next.voided().isPresent()
                        || (next.entry().isProvisional()
                                && entries.stream().anyMatch(e -> e.entry().isProvisional())));
    }

    /// The number of names that the log must change for it in one append.
    private static int names(KeyedSubmission keyed) {
        return switch (keyed.submission()) {
            case Submission.CommitSubmission commit ->
                    commit.rosterChange().size() + (commit.external() ? 1 : 0);
            case Submission.LeaveSubmission _ -> 1;
            case Submission.CreateSubmission _,
                    Submission.MessageSubmission _,
                    Submission.CommitVerdict _,
                    Submission.ReinitSubmission _,
                    Submission.OperatorCommand _,
                    Submission.PolicySubmission _ ->
                    0;
        };
    }
}
