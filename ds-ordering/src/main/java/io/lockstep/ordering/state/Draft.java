package io.lockstep.ordering.state;

import io.lockstep.log.LogLimits;
import io.lockstep.log.NewEntry;
import io.lockstep.ordering.Submission;
import java.util.ArrayList;
import java.util.List;

/// A batch decided one submission after the other, each on the state that those before it would leave.
/// Nothing of it holds until its entries are durable.
///
/// @param decisions for the first so many submissions; fewer than there are when the log must be asked
///     about the next one first, or would change too many members at once
/// @param next the state once `entries` are durable
public record Draft(List<Decision> decisions, List<NewEntry> entries, GroupState next) {
    public static Draft of(
            GroupState state, List<KeyedSubmission> submissions, long acceptedAtMillis) {
        var decisions = new ArrayList<Decision>(submissions.size());
        var entries = new ArrayList<NewEntry>(submissions.size());
        var next = state;
        int names = 0;
        for (var submission : submissions) {
            int changed = names(submission);
            // Nothing follows a commit that alone changes more.
            boolean tooMany = names + changed > LogLimits.BATCH_NAMES_MAX;
            boolean unknown = !RosterQuestions.of(next, List.of(submission)).isEmpty();
            if (!decisions.isEmpty() && (tooMany || unknown)) {
                break;
            }
            names += changed;
            var decision = Decider.decide(next, submission, acceptedAtMillis);
            if (decision instanceof Decision.AskLog) {
                break;
            }
            if (decision instanceof Decision.Append append) {
                entries.add(append.entry());
                next = append.next();
            }
            decisions.add(decision);
        }
        return new Draft(decisions, entries, next);
    }

    /// How many names the log must change at once for it.
    private static int names(KeyedSubmission keyed) {
        return keyed.submission() instanceof Submission.Commit commit
                ? commit.rosterChange().size() + (commit.external() ? 1 : 0)
                : 0;
    }
}
