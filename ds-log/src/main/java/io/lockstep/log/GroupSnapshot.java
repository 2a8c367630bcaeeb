package io.lockstep.log;

import java.util.List;

/// A group in the log at one instant: the start state of an actor.
///
/// @param recent the newest entries, in order, ending at the tail; as many as requested or retained
/// @param proposals positions of the first [#PROPOSALS_MAX] proposals of the current epoch, in
///     order, trimmed or not
public record GroupSnapshot(
        GroupTail tail,
        GroupRules policy,
        List<LogEntry> recent,
        List<Long> proposals,
        ProvisionalCommits provisional,
        Succession succession) {
    /// More proposals than any commit could reference within the size limit of a message.
    public static final int PROPOSALS_MAX = 1024;

    /// A group without provisional commits, whose creator is not known.
    public GroupSnapshot(
            GroupTail tail, GroupRules policy, List<LogEntry> recent, List<Long> proposals) {
        this(tail, policy, recent, proposals, ProvisionalCommits.NONE, Succession.UNKNOWN);
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
