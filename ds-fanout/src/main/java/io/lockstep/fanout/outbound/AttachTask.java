package io.lockstep.fanout.outbound;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.outbound.SharedTail.TailStatus;
import io.lockstep.log.GroupTail;
import io.lockstep.log.Membership;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Code;

/// The placing of one attachment: carries out the decision of [AttachDecision]. Confined to the event
/// loop.
final class AttachTask {
    /// For log lines that clients can cause.
    private static final RateLimitedLogger OF_CLIENTS = RateLimitedLogger.of(AttachTask.class);

    private final GroupSubscribers audience;
    private final EventLoopFanout sessions;
    private final DeliveryCursor cursor;
    private final AttachRequest asked;
    private final Membership membership;

    /// Whether the standing is newer than the attachment.
    private boolean refreshed;

    AttachTask(
            GroupSubscribers audience,
            EventLoopFanout sessions,
            DeliveryCursor cursor,
            AttachRequest asked,
            Membership membership) {
        this.audience = audience;
        this.sessions = sessions;
        this.cursor = cursor;
        this.asked = asked;
        this.membership = membership;
    }

    void tryNow() {
        if (cursor.isGone()) {
            return;
        }
        switch (audience.tail().standing()) {
            case TailStatus.Starting() -> audience.waitForStanding(cursor, this);
            case TailStatus.Unavailable() -> refuse(Code.UNAVAILABLE);
            case TailStatus.FrozenTail() -> {
                if (refreshed) {
                    refuse(Code.GROUP_FROZEN);
                } else {
                    refresh();
                }
            }
            case TailStatus.LiveTail(var tail) -> decide(tail);
        }
    }

    private void decide(GroupTail tail) {
        switch (AttachDecision.of(asked, membership, cursor.authorisedUpTo, tail)) {
            case AttachDecision.StartAfter(long position) -> {
                cursor.startAt(position, membership.lastVisible());
                cursor.fresh = asked.incarnation().isEmpty() ? asked : null;
                audience.placed(cursor);
            }
            case AttachDecision.StartAfterCheck(long position, var head, long start) -> {
                cursor.startAt(start, membership.lastVisible());
                cursor.position = position;
                cursor.uncheckedHead = head;
                audience.placed(cursor);
            }
            case AttachDecision.ReportGap(var reason) -> audience.gap(cursor, reason, tail);
            case AttachDecision.MemberRemoved() -> refuse(Code.REMOVED);
            case AttachDecision.MembershipTooOld() -> sessions.authorise(cursor, asked);
            case AttachDecision.AheadOfTail() -> {
                if (refreshed) {
                    aheadOfLog(tail);
                } else {
                    refresh();
                }
            }
        }
    }

    private void aheadOfLog(GroupTail tail) {
        OF_CLIENTS.warn(
                "group {}: a cursor claims position {}, the log ends at {}: the client is"
                        + " wrong, or this store has lost entries",
                asked.group(),
                asked.position(),
                tail.position());
        sessions.metrics.cursorAhead();
        audience.gap(cursor, GapReason.AHEAD_OF_LOG, tail);
    }

    private void refresh() {
        refreshed = true;
        audience.tail().refresh(compared -> sessions.run(() -> afterRefresh(compared)));
    }

    private void afterRefresh(boolean compared) {
        if (cursor.isGone()) {
            return;
        }
        if (compared) {
            tryNow();
        } else {
            refuse(Code.UNAVAILABLE);
        }
    }

    private void refuse(Code code) {
        sessions.refuse(cursor, asked, code);
    }
}
