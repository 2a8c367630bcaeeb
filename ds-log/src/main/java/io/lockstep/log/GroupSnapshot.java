package io.lockstep.log;

import java.util.List;

/// A group in the log at one instant: the start state of an actor.
///
/// @param recent the newest entries, in order, ending at the tail; as many as requested or retained
/// @param proposals positions of the first [#PROPOSALS_MAX] proposals of the current epoch, in
///     order, trimmed or not
/// @param frozenAt the position at which the operator froze the group; 0 while it is not frozen
public record GroupSnapshot(
        GroupTail tail,
        GroupRules policy,
        List<LogEntry> recent,
        List<Long> proposals,
        ProvisionalCommits provisional,
        Succession succession,
        long frozenAt,
        Departures departures) {
    /// More proposals than any commit could reference within the size limit of a message.
    public static final int PROPOSALS_MAX = 1024;

    /// A group without provisional commits, whose creator is not known, that is not frozen, and
    /// from which nobody has left.
    public GroupSnapshot(
            GroupTail tail, GroupRules policy, List<LogEntry> recent, List<Long> proposals) {
        this(
                tail,
                policy,
                recent,
                proposals,
                ProvisionalCommits.NONE,
                Succession.UNKNOWN,
                0,
                Departures.NONE);
    }

    public GroupSnapshot {
        recent = List.copyOf(recent);
        proposals = List.copyOf(proposals);
        if (proposals.size() > PROPOSALS_MAX) {
            throw new IllegalArgumentException(
                    "at most " + PROPOSALS_MAX + " proposals are allowed");
        }
    }
}
