package io.lockstep.ordering.state;

import io.lockstep.log.LogEntry;
import io.lockstep.log.Membership;
import io.lockstep.ordering.Submission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The entries that a client missed when it lost a race: the part of the refusal from which it can
/// rebase.
public sealed interface MissedEntries {
    /// @param all whether `entries` reach the tail
    record Resident(List<LogEntry> entries, boolean all) implements MissedEntries {
        public Resident {
            entries = List.copyOf(entries);
        }
    }

    /// The missed entries begin before those in memory: they are read from the log after this
    /// position.
    record ReadAfter(long position) implements MissedEntries {}

    Resident NOTHING = new Resident(List.of(), false);

    /// @param settled a state that is durable
    static MissedEntries by(GroupState settled, Submission submission) {
        var author = submission.author().member();
        // A large roster change in the same batch discards all known members. The author then reads
        // the log itself.
        var membership =
                settled.roster().knows(author)
                        ? settled.roster().find(author)
                        : Optional.<Membership>empty();
        if (membership.isEmpty()) {
            return NOTHING;
        }
        long known = knownBefore(settled, submission);
        if (known < 0) {
            return NOTHING;
        }
        long from = Math.max(known, membership.get().firstVisible() - 1);
        if (from >= settled.logPosition().position()) {
            return new Resident(List.of(), true);
        }
        if (settled.recent().at(from + 1).isEmpty()) {
            return new ReadAfter(from);
        }
        return bounded(
                settled.recent().after(from),
                settled.logPosition().position(),
                membership.get().lastVisible(),
                settled.limits());
    }

    /// As many entries as fit in a refusal, and as the author may see (I9).
    ///
    /// @param tail the position up to which `lastVisible` is known to be valid; later entries are
    ///     not included
    public static Resident bounded(
            List<LogEntry> entries, long tail, long lastVisible, GroupStateLimits limits) {
        long end = Math.min(tail, lastVisible);
        var missed = new ArrayList<LogEntry>();
        int bytes = 0;
        for (var entry : entries) {
            bytes += entry.sentBytes();
            if (entry.position() > end
                    || missed.size() == limits.recentEntriesMax()
                    || (!missed.isEmpty() && bytes > limits.recentBytesMax())) {
                break;
            }
            missed.add(entry);
        }
        boolean all = !missed.isEmpty() && missed.getLast().position() == end;
        return new Resident(missed, all);
    }

    /// The last position that need not be sent to the author, or -1 when it is not known.
    private static long knownBefore(GroupState settled, Submission submission) {
        return switch (submission) {
            case Submission.CreateSubmission _,
                    Submission.CommitVerdict _,
                    Submission.ReinitSubmission _,
                    Submission.OperatorCommand _,
                    Submission.LeaveSubmission _,
                    Submission.PolicySubmission _ ->
                    -1;
            case Submission.MessageSubmission m -> beforeCommitOf(settled, m.epoch());
            case Submission.CommitSubmission c ->
                    c.knownPosition() > 0 && c.knownPosition() <= settled.logPosition().position()
                            ? c.knownPosition()
                            : beforeCommitOf(settled, c.epoch());
        };
    }

    private static long beforeCommitOf(GroupState settled, long epoch) {
        var commit = settled.recent().commitOf(epoch);
        return commit.isPresent() ? commit.getAsLong() - 1 : -1;
    }
}
