package io.lockstep.ordering.state;

import io.lockstep.log.LogPosition;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;

/// Restores from the log the answer that was given when an entry was accepted.
public final class OriginalAnswer {
    private OriginalAnswer() {}

    /// @param read the log from `position` on
    /// @param headerEpoch the epoch in the header of the message at `position`
    public static DuplicateCheck.FoundAt of(
            ReadOutcome.Entries read, long position, long headerEpoch) {
        var incarnation = read.tail().last().incarnation();
        if (read.entries().isEmpty() || read.entries().getFirst().position() != position) {
            return trimmed(incarnation, position, headerEpoch);
        }
        var head = read.entries().getFirst().head();
        return new DuplicateCheck.FoundAt(
                new LogPosition(incarnation, position, head), epochAfter(read));
    }

    /// The outcome of an entry that is no longer retained: its position is known, its head is not.
    public static DuplicateCheck.FoundAt trimmed(
            Bytes incarnation, long position, long headerEpoch) {
        return new DuplicateCheck.FoundAt(
                new LogPosition(incarnation, position, Bytes.EMPTY), headerEpoch);
    }

    /// A handshake entry contains the group's epoch. For an application message the next handshake
    /// contains it, or the tail. If the read contains neither, the result is the message's own
    /// epoch, which is the minimum.
    private static long epochAfter(ReadOutcome.Entries read) {
        var first = read.entries().getFirst();
        if (first.changesEpoch()) {
            return first.epochAfter(first.epoch());
        }
        for (var entry : read.entries()) {
            if (entry.kind() != EntryKind.APPLICATION) {
                return entry.epoch();
            }
        }
        return read.entries().getLast().position() >= read.tail().position()
                ? read.tail().epoch()
                : first.epoch();
    }
}
