package io.lockstep.fanout.outbound;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.GapReason;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupTail;
import io.lockstep.log.Membership;
import io.lockstep.wire.Bytes;

/// The decision at which position the deliveries of an attachment begin, or why they do not. A pure
/// function of its arguments.
sealed interface AttachDecision {
    /// Deliveries begin after this position.
    record StartAfter(long position) implements AttachDecision {}

    /// Deliveries begin after `start`, if the entry after the client's position continues the head
    /// that the client sent.
    record StartAfterCheck(long position, Bytes head, long start) implements AttachDecision {}

    record ReportGap(GapReason reason) implements AttachDecision {}

    /// The member was removed, and has received all that it may see.
    record MemberRemoved() implements AttachDecision {}

    /// The position is after the tail that is known here. The caller compares with the log before
    /// it decides.
    record AheadOfTail() implements AttachDecision {}

    /// The claimed position may be after a change of the roster that the membership does not
    /// include. The caller reads the membership again. Otherwise a client could guess a position
    /// after its own removal and be admitted (invariant I9).
    record MembershipTooOld() implements AttachDecision {}

    /// @param authorisedUpTo the membership includes every change of the roster up to this position
    static AttachDecision of(
            AttachRequest request, Membership membership, long authorisedUpTo, GroupTail tail) {
        boolean anywhere = request.incarnation().isEmpty();
        boolean sameLife = anywhere || request.incarnation().equals(tail.last().incarnation());
        long firstReadable = tail.firstRetained() - 1;
        long firstAllowed = membership.firstVisible() - 1;
        long start = Math.max(firstAllowed, anywhere ? firstReadable : request.position());
        if (!membership.isCurrent() && (!sameLife || start >= membership.lastVisible())) {
            return new MemberRemoved();
        }
        if (!sameLife) {
            return new ReportGap(GapReason.OTHER_INCARNATION);
        }
        if (start > tail.position()) {
            return new AheadOfTail();
        }
        if (start > authorisedUpTo) {
            return new MembershipTooOld();
        }
        if (start < firstReadable) {
            return new ReportGap(GapReason.TRIMMED);
        }
        if (anywhere || request.head().isEmpty() || request.position() < firstReadable) {
            return new StartAfter(start);
        }
        return checkHead(request, start, tail);
    }

    private static AttachDecision checkHead(AttachRequest request, long start, GroupTail tail) {
        if (request.position() == tail.position()) {
            return known(request, tail.last().head(), start);
        }
        if (request.position() == 0) {
            return known(request, GroupHead.first(request.group(), request.incarnation()), start);
        }
        return new StartAfterCheck(request.position(), request.head(), start);
    }

    private static AttachDecision known(AttachRequest request, Bytes head, long start) {
        return request.head().equals(head)
                ? new StartAfter(start)
                : new ReportGap(GapReason.OTHER_HISTORY);
    }
}
