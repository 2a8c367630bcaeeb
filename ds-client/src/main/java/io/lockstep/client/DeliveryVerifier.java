package io.lockstep.client;

import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.DeliveryKinds;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import reactor.core.publisher.MonoSink;

/// A client's state of one group: the last delivered position, the head hash there, and what was
/// acknowledged.
///
/// Invariant: [#take] returns positions that rise by one. Also `acknowledged ≤ position`, as long
/// as the application acknowledges only entries that this view delivered.
final class DeliveryVerifier {
    /// Number of recent heads kept. An answer arrives within fewer entries than this of its
    /// delivery, because own submissions are few.
    private static final int HEADS_KEPT = 64;

    /// Number of provisional commits without an acknowledgement that are kept: the server confirms
    /// older ones.
    private static final int PROVISIONAL_MAX = 64;

    /// The result of comparing a delivery or a head of the server with this view.
    sealed interface DeliveryStatus {
        /// @param reference of its message, if the delivery does not contain it
        /// @param rosterChange of its roster change, if the delivery does not contain it
        record Next(
                Delivered delivered,
                Optional<BlobPointer> reference,
                Optional<BlobPointer> rosterChange)
                implements DeliveryStatus {
            boolean isWhole() {
                return reference.isEmpty() && rosterChange.isEmpty();
            }

            BlobPointer firstReference() {
                return reference.or(() -> rosterChange).orElseThrow();
            }

            /// @param part the content of [#firstReference]
            Next withFirst(Bytes part) {
                return reference.isPresent()
                        ? new Next(delivered.withMessage(part), Optional.empty(), rosterChange)
                        : new Next(
                                delivered.withRosterChange(part),
                                Optional.empty(),
                                Optional.empty());
            }
        }

        record Duplicate() implements DeliveryStatus {}

        record PositionHole(long expected) implements DeliveryStatus {}

        record HeadMismatch(Bytes expected, Bytes actual) implements DeliveryStatus {}
    }

    final GroupId group;
    final List<MonoSink<ClientEvent.CaughtUp>> waiting = new ArrayList<>();
    final DeliveryQueue sequence = new DeliveryQueue();
    private Bytes incarnation;
    private long position;
    private Bytes head;
    private boolean positionKnown;
    private long acknowledged;

    /// The cursor before each provisional commit above `acknowledged`, oldest first.
    private final Deque<LogCursor> beforeProvisional = new ArrayDeque<>();

    private long ackSent;
    private boolean attached;
    private int attachAttempts;
    // `promised`: heads by position, from answers that came before their delivery. `recent`: heads
    // of the last deliveries, for answers that come after their delivery. Both are filled only
    // while this client submits.
    private final TreeMap<Long, Bytes> promised = new TreeMap<>();
    private final Map<Long, Bytes> recent = new LinkedHashMap<>();
    private boolean submitting;
    // `asked`: the current session has been asked to attach. `repairing`: it has been asked again
    // because of a hole.
    private boolean asked;
    private boolean repairing;

    DeliveryVerifier(LogCursor cursor) {
        group = cursor.group();
        incarnation = cursor.incarnation();
        position = cursor.position();
        head = cursor.head();
        positionKnown = !cursor.isUnknown();
        acknowledged = position;
        ackSent = position;
    }

    /// The cursor to attach at. It is before the first provisional commit that the application has
    /// not acknowledged: a cursor at that commit would confirm it. What comes again is dropped.
    LogCursor attachCursor() {
        var before = beforeProvisional.peekFirst();
        return before == null
                ? cursor()
                : new LogCursor(group, incarnation, before.position(), before.head());
    }

    LogCursor cursor() {
        return new LogCursor(group, incarnation, position, head);
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

    /// Notes that the client submits to this group: keeps heads from now on, to compare them with
    /// the answers.
    void submitting() {
        submitting = true;
    }

    boolean isNext(long candidate) {
        return positionKnown && candidate == position + 1;
    }

    /// Applies a delivery that has a position.
    DeliveryStatus take(Delivery delivery) {
        long next = delivery.getPosition();
        if (positionKnown && next <= position) {
            return new DeliveryStatus.Duplicate();
        }
        if (positionKnown && next != position + 1) {
            return new DeliveryStatus.PositionHole(position + 1);
        }
        var kind = DeliveryKinds.entryKind(delivery.getKind());
        var message = Bytes.of(delivery.getMessage());
        var sha256 =
                delivery.hasReference()
                        ? Bytes.of(delivery.getReference().getSha256())
                        : message.sha256();
        var nextHead =
                head.isEmpty() ? Bytes.EMPTY : HeadChain.next(head, group, next, kind, sha256);
        var promise = promised.remove(next);
        if (promise != null && !nextHead.isEmpty() && !promise.equals(nextHead)) {
            return new DeliveryStatus.HeadMismatch(nextHead, promise);
        }
        if (delivery.getProvisional() && positionKnown) {
            beforeProvisional.add(cursor());
            if (beforeProvisional.size() > PROVISIONAL_MAX) {
                beforeProvisional.removeFirst();
            }
        }
        position = next;
        positionKnown = true;
        repairing = false;
        head = nextHead.isEmpty() && promise != null ? promise : nextHead;
        remember();
        return new DeliveryStatus.Next(
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
                        delivery.getVoidedProposalsList(),
                        delivery.getProvisional(),
                        delivery.getConfirms(),
                        delivery.hasControl()
                                ? Optional.of(delivery.getControl())
                                : Optional.empty(),
                        delivery.getWithoutGroupInfo(),
                        delivery.hasRosterChange()
                                ? Optional.of(delivery.getRosterChange())
                                : Optional.empty()),
                delivery.hasReference()
                        ? Optional.of(BlobPointer.ofWire(delivery.getReference()))
                        : Optional.empty(),
                delivery.hasRosterChangeReference()
                        ? Optional.of(BlobPointer.ofWire(delivery.getRosterChangeReference()))
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

    /// Compares a position and head that the server stated with this view: the tail in `live`, or
    /// the position of an accepted submission.
    ///
    /// @return [DeliveryStatus.Duplicate] when nothing contradicts this view
    DeliveryStatus check(Bytes saidIncarnation, long saidPosition, Bytes saidHead) {
        if (!incarnation.isEmpty()
                && !saidIncarnation.isEmpty()
                && !incarnation.equals(saidIncarnation)) {
            return new DeliveryStatus.HeadMismatch(incarnation, saidIncarnation);
        }
        if (incarnation.isEmpty()) {
            incarnation = saidIncarnation;
        }
        if (saidHead.isEmpty()) {
            return new DeliveryStatus.Duplicate();
        }
        if (positionKnown && saidPosition == position) {
            if (head.isEmpty()) {
                head = saidHead;
            }
            return head.equals(saidHead)
                    ? new DeliveryStatus.Duplicate()
                    : new DeliveryStatus.HeadMismatch(head, saidHead);
        }
        if (positionKnown && saidPosition < position) {
            var known = recent.getOrDefault(saidPosition, Bytes.EMPTY);
            return known.isEmpty() || known.equals(saidHead)
                    ? new DeliveryStatus.Duplicate()
                    : new DeliveryStatus.HeadMismatch(known, saidHead);
        }
        promised.put(saidPosition, saidHead);
        return new DeliveryStatus.Duplicate();
    }

    /// Handles `live`: the catch-up is complete at the tail. A view without any entry begins at the
    /// tail.
    ///
    /// @return the contradiction, or [DeliveryStatus.Duplicate] when there is none
    DeliveryStatus live(Bytes tailIncarnation, long tailPosition, Bytes tailHead) {
        if (!positionKnown) {
            position = tailPosition;
            head = tailHead;
            positionKnown = true;
            acknowledged = tailPosition;
        }
        attachAttempts = 0;
        if (tailPosition > position) {
            return new DeliveryStatus.PositionHole(position + 1);
        }
        return check(tailIncarnation, tailPosition, tailHead);
    }

    /// Learns the group's incarnation and first head from the answer to its creation.
    void created(Bytes newIncarnation, Bytes firstHead) {
        if (!positionKnown) {
            incarnation = newIncarnation;
            head = firstHead;
            positionKnown = true;
        }
    }

    /// @return whether to send an `ack` frame now, given the window
    boolean acknowledge(long upTo, int window) {
        acknowledged = Math.max(acknowledged, upTo);
        while (!beforeProvisional.isEmpty()
                && beforeProvisional.getFirst().position() < acknowledged) {
            beforeProvisional.removeFirst();
        }
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

    /// Ignores further holes until the next entry in order: deliveries until then belong to the
    /// interrupted sequence.
    void beginRepair() {
        repairing = true;
    }

    /// Resets what belonged to the previous session. The window of the new session begins at the
    /// cursor of its attach.
    void sessionBegins() {
        asked = false;
        repairing = false;
        ackSent = Math.max(ackSent, acknowledged);
    }

    long acknowledged() {
        return acknowledged;
    }
}
