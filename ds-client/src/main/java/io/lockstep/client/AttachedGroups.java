package io.lockstep.client;

import io.lockstep.client.ClientEvent.CaughtUp;
import io.lockstep.client.DeliveryVerifier.DeliveryStatus;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Detach;
import io.lockstep.wire.proto.Gap;
import io.lockstep.wire.proto.Refused;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/// The groups of one client. Keeps the cursor of each group across sessions and applies what the
/// server reports about it. Confined to the client's event loop.
final class AttachedGroups {
    private static final Logger LOG = LoggerFactory.getLogger(AttachedGroups.class);

    private static final String TRIMMED = "trimmed";
    private static final String REQUESTED = "requested";
    private static final String OTHER_HISTORY = "other_history";

    /// Access to the current session.
    interface AttachLink {
        /// Sends the frame with a new request id.
        ///
        /// @return false when no session is open; nothing was sent
        boolean send(ClientFrame.Builder frame);

        /// Fetches a blob and calls exactly one of the two callbacks, on the event loop.
        void fetch(
                GroupId group,
                BlobPointer reference,
                Consumer<Bytes> fetched,
                Consumer<ServerRefusal> failed);

        /// Runs the task after the refusal's wait plus a backoff.
        void later(int attempt, ServerRefusal refusal, Runnable task);
    }

    private final ClientConfig config;
    private final Consumer<ClientEvent> events;
    private final AttachLink link;
    private final Map<GroupId, DeliveryVerifier> groups = new LinkedHashMap<>();

    AttachedGroups(ClientConfig config, Consumer<ClientEvent> events, AttachLink link) {
        this.config = config;
        this.events = events;
        this.link = link;
    }

    /// Returns the attaches that the next hello carries.
    List<Attach> resume() {
        groups.values().forEach(DeliveryVerifier::sessionBegins);
        return groups.values().stream()
                .filter(DeliveryVerifier::attached)
                .peek(DeliveryVerifier::asked)
                .map(this::attachOf)
                .toList();
    }

    /// Sends the attaches that were requested between hello and ready.
    void sessionOpened() {
        groups.values().stream().filter(v -> !v.isAsked()).forEach(this::sendAttach);
    }

    void close(RuntimeException why) {
        groups.values().forEach(view -> failWaiting(view, why));
    }

    void submitting(GroupId group) {
        var view = groups.get(group);
        if (view != null) {
            view.submitting();
        }
    }

    /// Learns the incarnation and the first head of a group from the answer to its creation.
    void created(Acceptance accepted) {
        var view = groups.get(accepted.group());
        if (view == null) {
            groups.put(
                    accepted.group(),
                    new DeliveryVerifier(
                            new LogCursor(
                                    accepted.group(), accepted.incarnation(), 0, accepted.head())));
        } else {
            view.created(accepted.incarnation(), accepted.head());
        }
    }

    void accepted(Acceptance accepted) {
        var view = groups.get(accepted.group());
        if (view != null && accepted.position() > 0) {
            follow(view, view.check(accepted.incarnation(), accepted.position(), accepted.head()));
        }
    }

    void attach(LogCursor cursor, MonoSink<CaughtUp> sink) {
        var view = groups.get(cursor.group());
        if (view == null || !cursor.isUnknown()) {
            var start =
                    cursor.isUnknown()
                            ? config.cursors().load(cursor.group()).orElse(cursor)
                            : cursor;
            if (view != null) {
                view.waiting.forEach(s -> s.error(new ClientClosedException("attached again")));
            }
            view = new DeliveryVerifier(start);
            groups.put(cursor.group(), view);
        }
        view.attached(true);
        view.waiting.add(sink);
        sendAttach(view);
    }

    void forgetWaiting(GroupId group, MonoSink<CaughtUp> sink) {
        var view = groups.get(group);
        if (view != null) {
            view.waiting.remove(sink);
        }
    }

    void detach(GroupId group) {
        detach(group, REQUESTED);
    }

    /// @param code for those who wait until the group is live
    private void detach(GroupId group, String code) {
        var view = groups.get(group);
        if (view != null && view.attached()) {
            view.attached(false);
            failWaiting(view, detachedWith(code));
            var _ =
                    link.send(
                            ClientFrame.newBuilder()
                                    .setDetach(
                                            Detach.newBuilder()
                                                    .setGroupId(group.bytes().asByteString())));
        }
    }

    void acknowledge(ClientEvent.Delivered delivered) {
        var view = groups.get(delivered.group());
        if (view == null) {
            return;
        }
        if (delivered.position() > view.acknowledged()) {
            config.cursors().save(delivered.cursor());
        }
        if (view.acknowledge(delivered.position(), config.window())) {
            var _ =
                    link.send(
                            ClientFrame.newBuilder()
                                    .setAck(
                                            Ack.newBuilder()
                                                    .setGroupId(
                                                            delivered
                                                                    .group()
                                                                    .bytes()
                                                                    .asByteString())
                                                    .setPosition(view.acknowledged())));
        }
    }

    Optional<LogCursor> cursor(GroupId group) {
        return Optional.ofNullable(groups.get(group)).map(DeliveryVerifier::cursor);
    }

    /// Handles a refusal of a request that is not a submission.
    void refused(Refused wire, ServerRefusal refusal) {
        var view =
                wire.getGroupId().isEmpty()
                        ? null
                        : groups.get(LogCursor.groupOf(wire.getGroupId()));
        if (view == null) {
            events.accept(new ClientEvent.RequestRefused(refusal));
            return;
        }
        if (refusal.isForNow()) {
            link.later(view.nextAttachAttempt(), refusal, () -> sendAttach(view));
            return;
        }
        view.attached(false);
        events.accept(new ClientEvent.AttachRefused(view.group, refusal));
        failWaiting(view, new RefusedException(refusal));
    }

    void delivered(Delivery delivery) {
        var group = LogCursor.groupOf(delivery.getGroupId());
        if (delivery.getPosition() == 0) {
            events.accept(
                    new ClientEvent.EphemeralDelivered(
                            group, delivery.getEpoch(), Bytes.of(delivery.getMessage())));
            return;
        }
        var view = groups.get(group);
        if (view != null && view.attached()) {
            follow(view, view.take(delivery));
        }
    }

    /// Takes a delivery that came with a refusal. It may be ahead of the view's position. It is
    /// then ignored: the attachment delivers it again, after the entries before it.
    void missed(Delivery delivery) {
        var view = groups.get(LogCursor.groupOf(delivery.getGroupId()));
        if (view != null && view.attached() && view.isNext(delivery.getPosition())) {
            follow(view, view.take(delivery));
        }
    }

    private void follow(DeliveryVerifier view, DeliveryStatus taken) {
        switch (taken) {
            case DeliveryStatus.Next next when next.isWhole() ->
                    view.sequence.next(() -> events.accept(next.delivered()));
            case DeliveryStatus.Next next ->
                    view.sequence.next(() -> {
                        view.sequence.hold();
                        fetch(view, next, 0);
                    });
            case DeliveryStatus.Duplicate() -> {}
            case DeliveryStatus.PositionHole(long expected) -> {
                if (view.repairing()) {
                    return;
                }
                LOG.error("group {}: the server skipped position {}", view.group, expected);
                events.accept(
                        new ClientEvent.PositionsSkipped(
                                view.group, expected, view.cursor().position()));
                view.beginRepair();
                sendAttach(view);
            }
            case DeliveryStatus.HeadMismatch(Bytes expected, Bytes actual) -> {
                long position = view.cursor().position();
                LOG.error("group {}: the server's history differs at {}", view.group, position);
                detach(view.group, OTHER_HISTORY);
                events.accept(
                        new ClientEvent.HistoryMismatch(view.group, position, expected, actual));
            }
        }
    }

    /// Fetches the parts that the delivery does not contain, one after the other.
    private void fetch(DeliveryVerifier view, DeliveryStatus.Next next, int attempt) {
        link.fetch(
                view.group,
                next.firstReference(),
                part -> {
                    if (groups.get(view.group) != view) {
                        return;
                    }
                    var rest = next.withFirst(part);
                    if (rest.isWhole()) {
                        events.accept(rest.delivered());
                        view.sequence.release();
                    } else {
                        fetch(view, rest, 0);
                    }
                },
                refusal -> {
                    if (groups.get(view.group) != view) {
                        return;
                    }
                    if (refusal.isForNow()) {
                        link.later(
                                attempt,
                                refusal,
                                () -> {
                                    if (groups.get(view.group) == view) {
                                        fetch(view, next, attempt + 1);
                                    }
                                });
                    } else {
                        notFetched(view, next.delivered(), refusal);
                    }
                });
    }

    private void notFetched(
            DeliveryVerifier view, ClientEvent.Delivered delivered, ServerRefusal refusal) {
        LOG.error(
                "group {}: the message at {} cannot be fetched: {}",
                view.group,
                delivered.position(),
                refusal.code());
        detach(view.group, refusal.code());
        if (refusal.is(Code.UNKNOWN_REFERENCE)) {
            // The blob expired, so the server will soon trim the entry itself.
            leaveAtGap(
                    new ClientEvent.HistoryGap(
                            view.group,
                            TRIMMED,
                            delivered.position() + 1,
                            view.cursor().position(),
                            delivered.epoch()));
            return;
        }
        groups.remove(view.group);
        events.accept(new ClientEvent.AttachRefused(view.group, refusal));
        failWaiting(view, new RefusedException(refusal));
    }

    void live(io.lockstep.wire.proto.Live live) {
        var view = groups.get(LogCursor.groupOf(live.getGroupId()));
        if (view == null || !view.attached()) {
            return;
        }
        var found =
                view.live(
                        Bytes.of(live.getIncarnation()),
                        live.getPosition(),
                        Bytes.of(live.getHead()));
        follow(view, found);
        if (!(found instanceof DeliveryStatus.Duplicate)) {
            return;
        }
        var event =
                new CaughtUp(
                        view.group, live.getPosition(), Bytes.of(live.getHead()), live.getEpoch());
        view.sequence.next(() -> {
            events.accept(event);
            var waiting = List.copyOf(view.waiting);
            view.waiting.clear();
            waiting.forEach(s -> s.success(event));
        });
    }

    void gap(Gap gap) {
        leaveAtGap(
                new ClientEvent.HistoryGap(
                        LogCursor.groupOf(gap.getGroupId()),
                        gap.getCode(),
                        gap.getFirstPosition(),
                        gap.getPosition(),
                        gap.getEpoch()));
    }

    private void leaveAtGap(ClientEvent.HistoryGap gap) {
        var view = groups.remove(gap.group());
        config.cursors().forget(gap.group());
        events.accept(gap);
        if (view != null) {
            failWaiting(
                    view,
                    new RefusedException(
                            ServerRefusal.ofCode(gap.code(), "gap", RetryAdvice.NEVER)));
        }
    }

    void detached(GroupId group, String code) {
        var view = groups.get(group);
        if (view == null) {
            events.accept(new ClientEvent.GroupDetached(group, code));
            return;
        }
        view.attached(false);
        view.sequence.next(() -> {
            failWaiting(view, detachedWith(code));
            events.accept(new ClientEvent.GroupDetached(group, code));
        });
    }

    private static RefusedException detachedWith(String code) {
        return new RefusedException(ServerRefusal.ofCode(code, "detached", RetryAdvice.NEVER));
    }

    private static void failWaiting(DeliveryVerifier view, RuntimeException why) {
        var waiting = List.copyOf(view.waiting);
        view.waiting.clear();
        waiting.forEach(s -> s.error(why));
    }

    private Attach attachOf(DeliveryVerifier view) {
        return Attach.newBuilder()
                .setCursor(view.attachCursor().toWire())
                .setWindow(config.window())
                .build();
    }

    private void sendAttach(DeliveryVerifier view) {
        if (groups.get(view.group) == view
                && view.attached()
                && link.send(ClientFrame.newBuilder().setAttach(attachOf(view)))) {
            view.asked();
        }
    }
}
