package io.lockstep.log;

/// Where a group's log ends.
///
/// @param last the newest entry's place
/// @param epoch the MLS epoch after that entry
/// @param firstRetained the oldest position still readable; `last.position() + 1` when none is
public record GroupTail(LogPosition last, long epoch, long firstRetained) {
    public long position() {
        return last.position();
    }
}
