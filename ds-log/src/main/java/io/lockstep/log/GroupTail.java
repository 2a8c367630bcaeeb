package io.lockstep.log;

/// The end of a group's log.
///
/// @param last the position of the newest entry
/// @param epoch the MLS epoch after that entry
/// @param firstRetained the oldest readable position; `last.position() + 1` when there is none
public record GroupTail(LogPosition last, long epoch, long firstRetained) {
    public long position() {
        return last.position();
    }
}
