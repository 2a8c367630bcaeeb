package io.lockstep.fanout.outbound;

import io.lockstep.fanout.Attachment;
import io.lockstep.fanout.GapReason;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupTail;
import io.lockstep.log.Membership;
import io.lockstep.wire.Bytes;

/// Where the deliveries of an attachment begin, or why they do not. Decided from values alone.
sealed interface Placement {
    /// After this position.
    record After(long position) implements Placement {}

    /// After `start`, if what follows the client's position continues the head that it gave.
    record AfterCheck(long position, Bytes head, long start) implements Placement {}

    record Gap(GapReason reason) implements Placement {}

    /// The member was removed, and has been shown all it may see.
    record Removed() implements Placement {}

    /// After the tail as it is known here: look again at the log before believing it.
    record AheadOfTail() implements Placement {}

    /// The claimed position may lie after a change of the roster that the membership does not show:
    /// read it again, or who guesses a position after its own removal would be let in (invariant I9).
    record MembershipTooOld() implements Placement {}

    /// @param authorisedUpTo the membership includes every change of the roster up to this position
    static Placement of(
            Attachment asked, Membership membership, long authorisedUpTo, GroupTail tail) {
        boolean anywhere = asked.incarnation().isEmpty();
        boolean sameLife = anywhere || asked.incarnation().equals(tail.last().incarnation());
        long firstReadable = tail.firstRetained() - 1;
        long firstAllowed = membership.firstVisible() - 1;
        long start = Math.max(firstAllowed, anywhere ? firstReadable : asked.position());
        if (!membership.isCurrent() && (!sameLife || start >= membership.lastVisible())) {
            return new Removed();
        }
        if (!sameLife) {
            return new Gap(GapReason.OTHER_INCARNATION);
        }
        if (start > tail.position()) {
            return new AheadOfTail();
        }
        if (start > authorisedUpTo) {
            return new MembershipTooOld();
        }
        if (start < firstReadable) {
            return new Gap(GapReason.TRIMMED);
        }
        if (anywhere || asked.head().isEmpty() || asked.position() < firstReadable) {
            return new After(start);
        }
        return checkHead(asked, start, tail);
    }

    private static Placement checkHead(Attachment asked, long start, GroupTail tail) {
        if (asked.position() == tail.position()) {
            return known(asked, tail.last().head(), start);
        }
        if (asked.position() == 0) {
            return known(asked, GroupHead.first(asked.group(), asked.incarnation()), start);
        }
        return new AfterCheck(asked.position(), asked.head(), start);
    }

    private static Placement known(Attachment asked, Bytes head, long start) {
        return asked.head().equals(head) ? new After(start) : new Gap(GapReason.OTHER_HISTORY);
    }
}
