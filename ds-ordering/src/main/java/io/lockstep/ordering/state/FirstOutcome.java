package io.lockstep.ordering.state;

import io.lockstep.log.LogPosition;
import io.lockstep.log.ReadOutcome;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.ContentType;

/// What was answered when an entry was accepted, found out from the log again.
public final class FirstOutcome {
    private FirstOutcome() {}

    /// @param read the log from `position` on
    /// @param headerEpoch the epoch in the header of the message at `position`
    public static Earlier.At of(ReadOutcome.Entries read, long position, long headerEpoch) {
        var incarnation = read.tail().last().incarnation();
        if (read.entries().isEmpty() || read.entries().getFirst().position() != position) {
            return trimmed(incarnation, position, headerEpoch);
        }
        var head = read.entries().getFirst().head();
        return new Earlier.At(new LogPosition(incarnation, position, head), epochAfter(read));
    }

    /// The entry itself is no longer retained: its place is known, its head is not.
    public static Earlier.At trimmed(Bytes incarnation, long position, long headerEpoch) {
        return new Earlier.At(new LogPosition(incarnation, position, Bytes.EMPTY), headerEpoch);
    }

    /// A handshake entry tells the group's epoch; for an application message the next handshake does, or
    /// the tail. If what was read holds none, the answer is the message's own epoch: the least it can be.
    private static long epochAfter(ReadOutcome.Entries read) {
        var first = read.entries().getFirst();
        if (first.kind() == ContentType.COMMIT) {
            return first.epoch() + 1;
        }
        for (var entry : read.entries()) {
            if (entry.kind() != ContentType.APPLICATION) {
                return entry.epoch();
            }
        }
        return read.entries().getLast().position() >= read.tail().position()
                ? read.tail().epoch()
                : first.epoch();
    }
}
