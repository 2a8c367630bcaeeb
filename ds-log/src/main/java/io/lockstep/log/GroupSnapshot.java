package io.lockstep.log;

import java.util.List;

/// A group as the log holds it at one instant: what an actor starts from.
///
/// @param recent the newest entries, in order, ending at the tail; as many as were asked for or retained
/// @param proposals positions of the proposals of the current epoch, in order; of the first
///     [#PROPOSALS_MAX], trimmed or not
public record GroupSnapshot(
        GroupTail tail, GroupPolicy policy, List<LogEntry> recent, List<Long> proposals) {
    /// More proposals than any commit could cover within the size of a message.
    public static final int PROPOSALS_MAX = 1024;

    public GroupSnapshot {
        recent = List.copyOf(recent);
        proposals = List.copyOf(proposals);
        if (proposals.size() > PROPOSALS_MAX) {
            throw new IllegalArgumentException("at most " + PROPOSALS_MAX + " proposals are told");
        }
    }
}
