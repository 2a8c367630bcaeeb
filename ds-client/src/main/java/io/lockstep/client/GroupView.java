package io.lockstep.client;

import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.DeliveryKinds;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import reactor.core.publisher.MonoSink;

/// What a client has seen of one group: the last position handed on and the head hash there.
///
/// Invariant: `acknowledged ≤ position`, and deliveries leave [#take] with positions dense and rising.
final class GroupView {
    /// Own submissions are few; an answer lags its delivery by less than this many entries.
    private static final int HEADS_KEPT = 64;

    /// What a delivery is to this view.
    sealed interface Taken {
        /// @param reference where its message is, if not in it
        record Next(Delivered delivered, Optional<Reference> reference) implements Taken {}

        record Duplicate() implements Taken {}

        record Hole(long expected) implements Taken {}

        record Mismatch(Bytes expected, Bytes actual) implements Taken {}
    }

    final GroupId group;
    final List<MonoSink<ClientEvent.Live>> waiting = new ArrayList<>();
    final Sequence sequence = new Sequence();
    private Bytes incarnation;
    private long position;
    private Bytes head;
    private boolean positionKnown;
    private long acknowledged;
    private long ackSent;
    private boolean attached;
    private int attachAttempts;
    // Positions that answers named before their delivery came, and the heads of the last deliveries
    // for
    // answers that come after; both only while this client submits.
    private final TreeMap<Long, Bytes> promised = new TreeMap<>();
    private final Map<Long, Bytes> recent = new LinkedHashMap<>();
    private boolean submitting;
    // Whether the present session was asked to attach; whether it was asked again because of a
    // hole.
    private boolean asked;
    private boolean repairing;

    GroupView(Cursor cursor) {
        group = cursor.group();
        incarnation = cursor.incarnation();
        position = cursor.position();
        head = cursor.head();
        positionKnown = !cursor.isUnknown();
        acknowledged = position;
        ackSent = position;
    }

    Cursor cursor() {
        return new Cursor(group, incarnation, position, head);
    }

    boolean attached() {
        return attached;
    }

    void attached(boolean value) {
        attached = value;
    }

    int nextAttachAttempt() {
        return attachAttempts++;
    }

    /// The client submits to this group: heads are kept for comparing with the answers.
    void submitting() {
        submitting = true;
    }

    boolean isNext(long candidate) {
        return positionKnown && candidate == position + 1;
    }

    /// Takes a delivery that has a position.
    Taken take(Delivery delivery) {
        long next = delivery.getPosition();
        if (positionKnown && next <= position) {
            return new Taken.Duplicate();
        }
        if (positionKnown && next != position + 1) {
            return new Taken.Hole(position + 1);
        }
        var kind = DeliveryKinds.contentType(delivery.getKind());
        var message = Bytes.of(delivery.getMessage());
        var sha256 =
                delivery.hasReference()
                        ? Bytes.of(delivery.getReference().getSha256())
                        : message.sha256();
        var nextHead =
                head.isEmpty() ? Bytes.EMPTY : HeadChain.next(head, group, next, kind, sha256);
        var promise = promised.remove(next);
        if (promise != null && !nextHead.isEmpty() && !promise.equals(nextHead)) {
            return new Taken.Mismatch(nextHead, promise);
        }
        position = next;
        positionKnown = true;
        repairing = false;
        head = nextHead.isEmpty() && promise != null ? promise : nextHead;
        remember();
        return new Taken.Next(
                new Delivered(
                        group,
                        incarnation,
                        next,
                        kind,
                        delivery.getEpoch(),
                        delivery.getAcceptedAtMillis(),
                        message,
                        sha256,
                        head,
                        delivery.getVoidedProposalsList()),
                delivery.hasReference()
                        ? Optional.of(Reference.ofWire(delivery.getReference()))
                        : Optional.empty());
    }

    private void remember() {
        if (submitting) {
            recent.put(position, head);
            if (recent.size() > HEADS_KEPT) {
                recent.remove(position - HEADS_KEPT);
            }
        }
    }

    /// Compares with what the server says of a position: the tail at `live`, the place of a submission.
    ///
    /// @return empty when nothing contradicts it
    Taken check(Bytes saidIncarnation, long saidPosition, Bytes saidHead) {
        if (!incarnation.isEmpty()
                && !saidIncarnation.isEmpty()
                && !incarnation.equals(saidIncarnation)) {
            return new Taken.Mismatch(incarnation, saidIncarnation);
        }
        if (incarnation.isEmpty()) {
            incarnation = saidIncarnation;
        }
        if (saidHead.isEmpty()) {
            return new Taken.Duplicate();
        }
        if (positionKnown && saidPosition == position) {
            if (head.isEmpty()) {
                head = saidHead;
            }
            return head.equals(saidHead)
                    ? new Taken.Duplicate()
                    : new Taken.Mismatch(head, saidHead);
        }
        if (positionKnown && saidPosition < position) {
            var known = recent.getOrDefault(saidPosition, Bytes.EMPTY);
            return known.isEmpty() || known.equals(saidHead)
                    ? new Taken.Duplicate()
                    : new Taken.Mismatch(known, saidHead);
        }
        promised.put(saidPosition, saidHead);
        return new Taken.Duplicate();
    }

    /// Catch-up is complete at the tail: a view that has seen nothing yet begins there.
    ///
    /// @return what is wrong, or [Taken.Duplicate] when nothing is
    Taken live(Bytes tailIncarnation, long tailPosition, Bytes tailHead) {
        if (!positionKnown) {
            position = tailPosition;
            head = tailHead;
            positionKnown = true;
            acknowledged = tailPosition;
        }
        attachAttempts = 0;
        if (tailPosition > position) {
            return new Taken.Hole(position + 1);
        }
        return check(tailIncarnation, tailPosition, tailHead);
    }

    /// The group's beginning, as the answer to its creation tells it.
    void created(Bytes newIncarnation, Bytes firstHead) {
        if (!positionKnown) {
            incarnation = newIncarnation;
            head = firstHead;
            positionKnown = true;
        }
    }

    /// @return whether an Ack frame is due, given the window
    boolean acknowledge(long upTo, int window) {
        acknowledged = Math.max(acknowledged, upTo);
        if (window > 0 && acknowledged - ackSent >= Math.max(1, window / 4)) {
            ackSent = acknowledged;
            return true;
        }
        return false;
    }

    void asked() {
        asked = true;
    }

    boolean isAsked() {
        return asked;
    }

    boolean repairing() {
        return repairing;
    }

    /// Until the next entry in order, what comes is the tail of the wrong sequence.
    void beginRepair() {
        repairing = true;
    }

    /// A new session knows of no acknowledgement: its window begins at the cursor of its attach.
    void sessionBegins() {
        asked = false;
        repairing = false;
        ackSent = Math.max(ackSent, acknowledged);
    }

    long acknowledged() {
        return acknowledged;
    }
}
