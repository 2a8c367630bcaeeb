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
/// Invariants: `0 ≤ count ≤ mailboxCountMax`; `0 ≤ bytes ≤ mailboxBytesMax`; no user has more
/// submissions than [UserBacklog] allows; submissions wait only in SCHEDULED and
/// DRAINING_WITH_MORE; exactly one drain is scheduled or running in any state except IDLE and
/// EVICTED.
///
/// Threads: *thread-safe* by a lock that is held for a few instructions, never across a call.
final class Mailbox {
    private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

    enum MailboxState {
        /// Empty; waits for submissions.
        IDLE,
        /// Has submissions; waits for a thread to drain it.
        SCHEDULED,
        /// A batch is in progress and waits for the log. No submission has arrived since.
        DRAINING,
        /// A batch is in progress; more submissions wait.
        DRAINING_WITH_MORE,
        /// Accepts no submissions any more: the actor was removed from the registry.
        EVICTED
    }

    enum OfferResult {
        /// Accepted; the actor is running or scheduled already.
        ACCEPTED,
        /// Accepted; the caller must schedule the actor's drain.
        ACCEPTED_WAKE,
        FULL,
        /// The author's user has its share of the mailbox: the remaining room is for other users.
        USER_BACKLOG_FULL,
        GONE
    }

    private final OrderingLimits limits;
    private final ArrayDeque<PendingSubmission> waiting = new ArrayDeque<>(4);
    private final Map<UserPseudonym, UserBacklog> backlogs = new HashMap<>(4);
    private MailboxState state = MailboxState.IDLE;
    private int bytes;

    Mailbox(OrderingLimits limits) {
        this.limits = limits;
    }

    synchronized OfferResult offer(PendingSubmission pending) {
        if (state == MailboxState.EVICTED) {
            return OfferResult.GONE;
        }
        int freeCount = limits.mailboxCountMax() - waiting.size();
        int freeBytes = limits.mailboxBytesMax() - bytes;
        if (freeCount < 1 || pending.bytes() > freeBytes) {
            return OfferResult.FULL;
        }
        var backlog = backlogs.get(pending.owner());
        if (backlog == null) {
            backlog = new UserBacklog();
            backlogs.put(pending.owner(), backlog);
        } else if (!backlog.allows(pending, freeCount, freeBytes)) {
            return OfferResult.USER_BACKLOG_FULL;
        }
        waiting.add(pending);
        backlog.add(pending);
        bytes += pending.bytes();
        switch (state) {
            case IDLE -> {
                to(MailboxState.SCHEDULED, "submission");
                return OfferResult.ACCEPTED_WAKE;
            }
            case DRAINING -> to(MailboxState.DRAINING_WITH_MORE, "submission");
            case SCHEDULED, DRAINING_WITH_MORE, EVICTED -> {}
        }
        return OfferResult.ACCEPTED;
    }

    /// Takes the next batch within the limits. A create is a batch of its own.
    ///
    /// @return empty when there is nothing to drain: a drain is running, or no submission waits
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
        var backlog = backlogs.get(first.owner());
        if (backlog != null && backlog.remove(first)) {
            backlogs.remove(first.owner());
        }
    }

    /// Takes the overdue submissions behind the batch in progress. The caller refuses them.
    synchronized List<PendingSubmission> takeOverdue(long nowNanos) {
        return takeWaiting(nowNanos, false);
    }

    /// Takes all waiting submissions. The caller refuses them.
    synchronized List<PendingSubmission> takeAll() {
        return takeWaiting(0, true);
    }

    private List<PendingSubmission> takeWaiting(long nowNanos, boolean all) {
        int count = 0;
        for (var pending : waiting) {
            if (!all && !pending.isOverdue(nowNanos)) {
                break; // later submissions are not overdue either
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

    /// The deadline of the submission that arrived first.
    ///
    /// @param otherwise returned when no submission waits
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
    synchronized boolean evict(String reason) {
        if (state != MailboxState.IDLE) {
            return false;
        }
        to(MailboxState.EVICTED, reason);
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
        boolean fits =
                waiting.size() <= limits.mailboxCountMax()
                        && 0 <= bytes
                        && bytes <= limits.mailboxBytesMax();
        if (!fits || mayWait == waiting.isEmpty()) {
            throw new IllegalStateException(
                    state + " with " + waiting.size() + " waiting, " + bytes + " bytes");
        }
    }
}
