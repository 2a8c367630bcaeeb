package io.lockstep.ordering.actor;

import io.lockstep.log.UserPseudonym;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The bounded queue of submissions for one group's actor, with the state of the actor's drain.
///
/// Invariants: `0 ≤ count ≤ mailboxCountMax`; `0 ≤ bytes ≤ mailboxBytesMax`; no user has more mail
/// than [UserBacklog] allows; mail waits only in SCHEDULED and DRAINING_WITH_MORE; exactly one drain is
/// scheduled or running in any state except IDLE and PUT_AWAY.
///
/// Threads: *thread-safe* by a lock that is held for a few instructions, never across a call.
final class Mailbox {
    private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

    enum MailboxState {
        /// Empty; waits for mail.
        IDLE,
        /// Has mail; waits for a thread to drain it.
        SCHEDULED,
        /// A batch is in progress and waits for the log. No mail has arrived since.
        DRAINING,
        /// A batch is in progress; more mail waits.
        DRAINING_WITH_MORE,
        /// Accepts no mail any more: the actor was removed from the registry.
        PUT_AWAY
    }

    enum OfferResult {
        /// Accepted; the actor is running or scheduled already.
        TAKEN,
        /// Accepted; the caller must schedule the actor's drain.
        TAKEN_WAKE,
        FULL,
        /// The author's user has its share of the mailbox: the remaining room is for other users.
        SHARE_FULL,
        GONE
    }

    private final OrderingLimits limits;
    private final ArrayDeque<PendingSubmission> waiting = new ArrayDeque<>(4);
    private final Map<UserPseudonym, UserBacklog> shares = new HashMap<>(4);
    private MailboxState state = MailboxState.IDLE;
    private int bytes;

    Mailbox(OrderingLimits limits) {
        this.limits = limits;
    }

    synchronized OfferResult offer(PendingSubmission mail) {
        if (state == MailboxState.PUT_AWAY) {
            return OfferResult.GONE;
        }
        int roomCount = limits.mailboxCountMax() - waiting.size();
        int roomBytes = limits.mailboxBytesMax() - bytes;
        if (roomCount < 1 || mail.bytes() > roomBytes) {
            return OfferResult.FULL;
        }
        var share = shares.get(mail.owner());
        if (share == null) {
            share = new UserBacklog();
            shares.put(mail.owner(), share);
        } else if (!share.allows(mail, roomCount, roomBytes)) {
            return OfferResult.SHARE_FULL;
        }
        waiting.add(mail);
        share.add(mail);
        bytes += mail.bytes();
        switch (state) {
            case IDLE -> {
                to(MailboxState.SCHEDULED, "mail");
                return OfferResult.TAKEN_WAKE;
            }
            case DRAINING -> to(MailboxState.DRAINING_WITH_MORE, "mail");
            case SCHEDULED, DRAINING_WITH_MORE, PUT_AWAY -> {}
        }
        return OfferResult.TAKEN;
    }

    /// Takes the next batch within the limits. A create is a batch of its own.
    ///
    /// @return empty when there is nothing to drain: a drain is running, or no mail waits
    synchronized List<PendingSubmission> take() {
        if (state != MailboxState.SCHEDULED) {
            return List.of();
        }
        // Allocated at its largest possible size: nothing may throw between here and the end.
        var batch =
                new ArrayList<PendingSubmission>(Math.min(waiting.size(), limits.batchCountMax()));
        int batchBytes = 0;
        while (!waiting.isEmpty() && batch.size() < limits.batchCountMax()) {
            var next = waiting.element();
            batchBytes += next.submission().bytes();
            if (!batch.isEmpty()
                    && (batchBytes > limits.batchBytesMax()
                            || next.isCreate()
                            || batch.getFirst().isCreate())) {
                break;
            }
            batch.add(next);
            remove(next);
        }
        to(
                waiting.isEmpty() ? MailboxState.DRAINING : MailboxState.DRAINING_WITH_MORE,
                "batch taken");
        return batch;
    }

    private void remove(PendingSubmission first) {
        waiting.remove();
        bytes -= first.bytes();
        var share = shares.get(first.owner());
        if (share != null && share.remove(first)) {
            shares.remove(first.owner());
        }
    }

    /// Takes the overdue mail behind the batch in progress. The caller refuses it.
    synchronized List<PendingSubmission> takeOverdue(long nowNanos) {
        return takeWaiting(nowNanos, false);
    }

    /// Takes all waiting mail. The caller refuses it.
    synchronized List<PendingSubmission> takeAll() {
        return takeWaiting(0, true);
    }

    private List<PendingSubmission> takeWaiting(long nowNanos, boolean all) {
        int count = 0;
        for (var mail : waiting) {
            if (!all && !mail.isOverdue(nowNanos)) {
                break; // later mail is not overdue either
            }
            count++;
        }
        var taken = new ArrayList<PendingSubmission>(count);
        for (int i = 0; i < count; i++) {
            var next = waiting.element();
            taken.add(next);
            remove(next);
        }
        if (waiting.isEmpty()) {
            to(MailboxState.DRAINING, "all taken");
        }
        return taken;
    }

    /// The deadline of the mail that arrived first.
    ///
    /// @param otherwise returned when no mail waits
    synchronized long deadlineNanos(long otherwise) {
        var first = waiting.peek();
        return first == null ? otherwise : first.deadlineNanos();
    }

    /// The batch is answered.
    ///
    /// @return whether the caller must schedule another drain
    synchronized boolean done() {
        boolean more = !waiting.isEmpty();
        to(more ? MailboxState.SCHEDULED : MailboxState.IDLE, "batch answered");
        return more;
    }

    /// @return whether it was idle and is now closed
    synchronized boolean putAway(String reason) {
        if (state != MailboxState.IDLE) {
            return false;
        }
        to(MailboxState.PUT_AWAY, reason);
        return true;
    }

    synchronized boolean isIdle() {
        return state == MailboxState.IDLE;
    }

    synchronized boolean isScheduled() {
        return state == MailboxState.SCHEDULED;
    }

    private void to(MailboxState next, String reason) {
        if (state != next) {
            LOG.trace("{} -> {}: {}", state, next, reason);
            state = next;
        }
        invariants();
    }

    private void invariants() {
        boolean mayWait =
                state == MailboxState.SCHEDULED || state == MailboxState.DRAINING_WITH_MORE;
        if (bytes < 0 || mayWait == waiting.isEmpty()) {
            throw new IllegalStateException(
                    state + " with " + waiting.size() + " waiting, " + bytes + " bytes");
        }
    }
}
