package io.lockstep.fanout.outbound;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.GapReason;
import io.lockstep.fanout.outbound.SharedTail.TailStatus;
import io.lockstep.log.GroupTail;
import io.lockstep.log.Membership;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Code;

/// The attachment of one cursor: carries out the decision of [AttachDecision]. Confined to the
/// event loop.
final class AttachTask {
    /// For log lines that clients can cause.
    private static final RateLimitedLogger OF_CLIENTS = RateLimitedLogger.of(AttachTask.class);

    private final GroupSubscribers subscribers;
    private final EventLoopFanout fanout;
    private final DeliveryCursor cursor;
    private final AttachRequest request;
    private final Membership membership;

    /// Whether the status is newer than the attachment.
    private boolean refreshed;

    AttachTask(
            GroupSubscribers subscribers,
            EventLoopFanout fanout,
            DeliveryCursor cursor,
            AttachRequest request,
            Membership membership) {
        this.subscribers = subscribers;
        this.fanout = fanout;
        this.cursor = cursor;
        this.request = request;
        this.membership = membership;
    }

    void tryNow() {
        if (cursor.isGone()) {
            return;
        }
        switch (subscribers.tail().status()) {
            case TailStatus.Starting() -> subscribers.waitForStatus(cursor, this);
            case TailStatus.Unavailable() -> refuse(Code.UNAVAILABLE);
            case TailStatus.FrozenTail() -> {
                if (refreshed) {
                    refuse(Code.GROUP_FROZEN);
                } else {
                    refresh();
                }
            }
            // The next attach asks the store, and follows the log of a group created since.
            case TailStatus.DeletedTail() -> refuse(Code.UNAVAILABLE);
            case TailStatus.LiveTail(var tail) -> decide(tail);
        }
    }

    private void decide(GroupTail tail) {
        switch (AttachDecision.of(request, membership, cursor.authorisedUpTo, tail)) {
            case AttachDecision.StartAfter(long position) -> {
                cursor.startAt(position, membership.lastVisible());
                cursor.fresh = request.incarnation().isEmpty() ? request : null;
                subscribers.onAttached(cursor);
            }
            case AttachDecision.StartAfterCheck(long position, var head, long start) -> {
                cursor.startAt(start, membership.lastVisible());
                cursor.position = position;
                cursor.uncheckedHead = head;
                subscribers.onAttached(cursor);
            }
            case AttachDecision.ReportGap(var reason) -> subscribers.gap(cursor, reason, tail);
            case AttachDecision.MemberRemoved() -> refuse(Code.REMOVED);
            case AttachDecision.MembershipTooOld() -> fanout.authorise(cursor, request);
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
                request.group(),
                request.position(),
                tail.position());
        fanout.metrics.cursorAhead();
        subscribers.gap(cursor, GapReason.AHEAD_OF_LOG, tail);
    }

    private void refresh() {
        refreshed = true;
        subscribers.tail().refresh(compared -> fanout.run(() -> afterRefresh(compared)));
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
        fanout.refuse(cursor, request, code);
    }
}
