package io.lockstep.ordering;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What waits for one group's actor, and whether the actor is at work.
///
/// Invariants: `0 ≤ count ≤ mailboxCountMax`, `0 ≤ bytes ≤ mailboxBytesMax`; mail waits only in SCHEDULED
/// and DRAINING_WITH_MORE; exactly one drain is scheduled or at work in any state but IDLE and PUT_AWAY.
///
/// Threads: *thread-safe* by a lock that is held for a few instructions, never across a call.
final class Mailbox {
    private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

    enum State {
        /// Empty; waits for mail.
        IDLE,
        /// Has mail; waits for a thread to drain it.
        SCHEDULED,
        /// A batch is at work; waits for the log. Nothing came since.
        DRAINING,
        /// A batch is at work; more waits behind it.
        DRAINING_WITH_MORE,
        /// Takes nothing any more: the actor is out of the registry.
        PUT_AWAY
    }

    enum Offer {
        /// Taken, and the actor is at work already.
        TAKEN,
        /// Taken; the caller must have the actor drained.
        TAKEN_WAKE,
        FULL,
        GONE
    }

    private final OrderingLimits limits;
    private final ArrayDeque<Mail> waiting = new ArrayDeque<>(4);
    private State state = State.IDLE;
    private int bytes;

    Mailbox(OrderingLimits limits) {
        this.limits = limits;
    }

    synchronized Offer offer(Mail mail) {
        if (state == State.PUT_AWAY) {
            return Offer.GONE;
        }
        if (waiting.size() >= limits.mailboxCountMax()
                || bytes + mail.bytes() > limits.mailboxBytesMax()) {
            return Offer.FULL;
        }
        waiting.add(mail);
        bytes += mail.bytes();
        switch (state) {
            case IDLE -> {
                to(State.SCHEDULED, "mail");
                return Offer.TAKEN_WAKE;
            }
            case DRAINING -> to(State.DRAINING_WITH_MORE, "mail");
            case SCHEDULED, DRAINING_WITH_MORE, PUT_AWAY -> {}
        }
        return Offer.TAKEN;
    }

    /// The next batch: within the limits, a create alone.
    synchronized List<Mail> take() {
        var batch = new ArrayList<Mail>(Math.min(waiting.size(), limits.batchCountMax()));
        int batchBytes = 0;
        while (!waiting.isEmpty() && batch.size() < limits.batchCountMax()) {
            var next = waiting.peek();
            batchBytes += next.submission().bytes();
            if (!batch.isEmpty()
                    && (batchBytes > limits.batchBytesMax()
                            || next.isCreate()
                            || batch.getFirst().isCreate())) {
                break;
            }
            batch.add(next);
            bytes -= next.bytes();
            waiting.remove();
        }
        to(waiting.isEmpty() ? State.DRAINING : State.DRAINING_WITH_MORE, "batch taken");
        return batch;
    }

    /// Everything that waits, to be refused together.
    synchronized List<Mail> takeAll() {
        var all = new ArrayList<>(waiting);
        waiting.clear();
        bytes = 0;
        to(State.DRAINING, "all taken");
        return all;
    }

    /// The batch is answered.
    ///
    /// @return whether the caller must have the actor drained again
    synchronized boolean done() {
        boolean more = state == State.DRAINING_WITH_MORE;
        to(more ? State.SCHEDULED : State.IDLE, "batch answered");
        return more;
    }

    /// @return whether it was idle, and is now closed for good
    synchronized boolean putAway(String reason) {
        if (state != State.IDLE) {
            return false;
        }
        to(State.PUT_AWAY, reason);
        return true;
    }

    synchronized boolean isIdle() {
        return state == State.IDLE;
    }

    private void to(State next, String reason) {
        if (state != next) {
            LOG.trace("{} -> {}: {}", state, next, reason);
            state = next;
        }
        invariants();
    }

    private void invariants() {
        boolean mayWait = state == State.SCHEDULED || state == State.DRAINING_WITH_MORE;
        if (bytes < 0 || mayWait == waiting.isEmpty()) {
            throw new IllegalStateException(
                    state + " with " + waiting.size() + " waiting, " + bytes + " bytes");
        }
    }
}
