package io.lockstep.ordering.state;

import io.lockstep.log.NewEntry;
import java.util.ArrayList;
import java.util.List;

/// A batch decided one submission after the other, each on the state that those before it would leave.
/// Nothing of it holds until its entries are durable.
///
/// @param decisions for the first so many submissions; fewer than there are when the log must be asked
///     about the next one first
/// @param next the state once `entries` are durable
public record Draft(List<Decision> decisions, List<NewEntry> entries, GroupState next) {
    public static Draft of(
            GroupState state, List<KeyedSubmission> submissions, long acceptedAtMillis) {
        var decisions = new ArrayList<Decision>(submissions.size());
        var entries = new ArrayList<NewEntry>(submissions.size());
        var next = state;
        for (var submission : submissions) {
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
}
