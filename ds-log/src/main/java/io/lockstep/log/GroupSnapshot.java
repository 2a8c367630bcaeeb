package io.lockstep.log;

import java.util.List;

/// A group as the log holds it at one instant: what an actor starts from.
///
/// @param recent the newest entries, in order, ending at the tail; as many as were asked for or retained
public record GroupSnapshot(
        GroupTail tail, GroupPolicy policy, Roster roster, List<LogEntry> recent) {
    public GroupSnapshot {
        recent = List.copyOf(recent);
    }
}
