package io.lockstep.client;

import io.lockstep.client.ClientEvent.Live;
import io.lockstep.client.GroupView.Taken;
import io.lockstep.client.Submissions.Pending;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.frame.RetryClass;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Delivery;
import io.lockstep.wire.proto.Detach;
import io.lockstep.wire.proto.Gap;
import io.lockstep.wire.proto.GoAway;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Inbox;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/// The state machine behind a [LockstepClient]: one session after the other, the groups and the unanswered
/// submissions that outlive them. Confined to its event loop.
final class ClientSession implements Connection.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSession.class);
    private static final int CLOSE_NORMAL = 1000;

    enum State {
        /// Not connected, and not asked to be.
        IDLE,
        /// Waits for the WebSocket and for `ready`.
        CONNECTING,
        /// The session is open.
        OPEN,
        /// Waits for the backoff before it connects again.
        WAITING,
        /// For good.
        CLOSED
    }

    private final ClientNetwork network;
    private final ClientConfig config;
    private final EventLoop loop;
    private final Consumer<ClientEvent> events;
    private final Submissions submissions;
    private final Map<GroupId, GroupView> groups = new LinkedHashMap<>();
    private final Set<Bytes> mailSeen = new HashSet<>();
    private final List<MonoSink<ClientEvent.Ready>> connecting = new ArrayList<>();
    private State state = State.IDLE;
    private @Nullable Connection connection;
    private @Nullable Future<?> timer;
    private @Nullable Future<?> silence;
    private long nextRequestId = 1;
    private long sessions;
    private int failures;
    private int refusedTokens;
    private long reconnectNotBeforeMillis;
    private boolean heard;

    ClientSession(
            ClientNetwork network,
            ClientConfig config,
            EventLoop loop,
            Consumer<ClientEvent> events) {
        this.network = network;
        this.config = config;
        this.loop = loop;
        this.events = events;
        submissions = new Submissions(config.queuedMax());
    }

    // --- What the application asks
    // -------------------------------------------------------------------

    void connect(MonoSink<ClientEvent.Ready> sink) {
        if (state == State.CLOSED) {
            sink.error(new ClientClosedException("the client is closed"));
            return;
        }
        connecting.add(sink);
        switch (state) {
            case IDLE, WAITING -> openConnection("asked");
            case OPEN, CONNECTING -> {}
            case CLOSED -> throw new IllegalStateException("handled above");
        }
    }

    /// Ends the session and stays away until asked to connect; keeps all places and submissions.
    void disconnect() {
        if (state == State.CLOSED) {
            return;
        }
        become(State.IDLE, "asked to disconnect");
        dropConnection("client disconnects");
    }

    void close(String reason) {
        if (state == State.CLOSED) {
            return;
        }
        become(State.CLOSED, reason);
        dropConnection("client closes");
        var why = new ClientClosedException(reason);
        submissions.drain().forEach(p -> p.sink.error(why));
        connecting.forEach(s -> s.error(why));
        connecting.clear();
        groups.values().forEach(view -> view.waiting.forEach(s -> s.error(why)));
        events.accept(new ClientEvent.Closed(reason));
    }

    void submit(GroupId group, ClientFrame.Builder frame, MonoSink<Accepted> sink) {
        if (state == State.CLOSED) {
            sink.error(new ClientClosedException("the client is closed"));
            return;
        }
        var view = groups.get(group);
        if (view != null) {
            view.submitting();
        }
        var submission = new Pending(group, frame.setRequestId(nextRequestId++).build(), sink);
        if (!submissions.add(submission)) {
            sink.error(
                    new RefusedException(
                            Refusal.ofCode(
                                    Code.TOO_MANY_IN_FLIGHT.wireName(),
                                    "too many submissions wait in this client",
                                    RetryClass.LATER)));
            return;
        }
        sendSubmissions();
    }

    void attach(Cursor cursor, MonoSink<Live> sink) {
        if (state == State.CLOSED) {
            sink.error(new ClientClosedException("the client is closed"));
            return;
        }
        var view = groups.get(cursor.group());
        if (view == null || !cursor.isUnknown()) {
            var start =
                    cursor.isUnknown()
                            ? config.cursors().load(cursor.group()).orElse(cursor)
                            : cursor;
            if (view != null) {
                view.waiting.forEach(s -> s.error(new ClientClosedException("attached anew")));
            }
            view = new GroupView(start);
            groups.put(cursor.group(), view);
        }
        view.attached(true);
        view.waiting.add(sink);
        sendAttach(view);
    }

    void detach(GroupId group) {
        var view = groups.get(group);
        if (view != null && view.attached()) {
            view.attached(false);
            send(
                    ClientFrame.newBuilder()
                            .setDetach(
                                    Detach.newBuilder().setGroupId(group.bytes().asByteString())));
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
            send(
                    ClientFrame.newBuilder()
                            .setAck(
                                    Ack.newBuilder()
                                            .setGroupId(delivered.group().bytes().asByteString())
                                            .setPosition(view.acknowledged())));
        }
    }

    void acknowledgeMail(Bytes id) {
        mailSeen.remove(id);
        send(ClientFrame.newBuilder().setInboxAck(InboxAck.newBuilder().addId(id.asByteString())));
    }

    Optional<Cursor> cursor(GroupId group) {
        return Optional.ofNullable(groups.get(group)).map(GroupView::cursor);
    }

    // --- The connection
    // ------------------------------------------------------------------------------

    private void become(State next, String reason) {
        LOG.debug("client session {} -> {}: {}", state, next, reason);
        state = next;
        cancel(timer);
        timer = null;
    }

    private static void cancel(@Nullable Future<?> scheduled) {
        if (scheduled != null) {
            scheduled.cancel(false);
        }
    }

    private void openConnection(String reason) {
        become(State.CONNECTING, reason);
        connection = Connection.open(network, loop, config, this);
    }

    private void dropConnection(String reason) {
        cancel(silence);
        var open = connection;
        connection = null;
        if (open != null) {
            open.close(CLOSE_NORMAL, reason);
        }
    }

    private void send(ClientFrame.Builder frame) {
        var open = connection;
        if (open != null && state == State.OPEN) {
            open.send(frame.build());
        }
    }

    @Override
    public void opened(Connection opened) {
        if (opened != connection) {
            opened.close(CLOSE_NORMAL, "superseded");
            return;
        }
        var hello = Hello.newBuilder().setToken(config.token().get()).setAgent(config.agent());
        for (var view : groups.values()) {
            if (view.attached()) {
                view.sessionBegins();
                hello.addResume(attachOf(view));
            }
        }
        opened.send(ClientFrame.newBuilder().setHello(hello).build());
    }

    @Override
    public void closed(Connection ended, int code, String reason) {
        if (ended != connection) {
            return;
        }
        connection = null;
        cancel(silence);
        boolean wasOpen = state == State.OPEN;
        if (wasOpen) {
            events.accept(new ClientEvent.Disconnected(code, reason));
        }
        var registered = codeOf(code);
        if (registered != null && isHopeless(registered, wasOpen)) {
            close(registered.wireName() + ": " + reason);
            return;
        }
        waitAndReconnect(code + " " + reason);
    }

    /// A token may expire within a session, so a fresh one is tried once; nothing else heals by itself.
    private boolean isHopeless(Code code, boolean wasOpen) {
        if (code == Code.UNAUTHENTICATED) {
            return ++refusedTokens > 1 || !wasOpen;
        }
        return code.retry() == RetryClass.NEVER;
    }

    private static @Nullable Code codeOf(int number) {
        for (var code : Code.values()) {
            if (code.number() == number) {
                return code;
            }
        }
        return null;
    }

    private void waitAndReconnect(String reason) {
        become(State.WAITING, reason);
        long delay =
                Math.max(
                        config.backoff().delay(failures++).toMillis(),
                        // The server's wish is a floor for all its clients: spread them above it.
                        reconnectNotBeforeMillis == 0
                                ? 0
                                : reconnectNotBeforeMillis + config.backoff().delay(0).toMillis());
        reconnectNotBeforeMillis = 0;
        timer = loop.schedule(() -> openConnection("backoff over"), delay, TimeUnit.MILLISECONDS);
    }

    // --- What the server says
    // ------------------------------------------------------------------------

    @Override
    public void frame(Connection from, ServerFrame frame) {
        if (from != connection) {
            return;
        }
        heard = true;
        switch (frame.getBodyCase()) {
            case READY -> ready(frame.getReady());
            case ACCEPTED -> accepted(frame.getRequestId(), Accepted.ofWire(frame.getAccepted()));
            case REFUSED -> refused(frame.getRequestId(), frame.getRefused());
            case DELIVERY -> delivered(frame.getDelivery());
            case INBOX -> mail(frame.getInbox());
            case LIVE -> live(frame.getLive());
            case GAP -> gap(frame.getGap());
            case DETACHED ->
                    detached(
                            Cursor.groupOf(frame.getDetached().getGroupId()),
                            frame.getDetached().getCode());
            case PING ->
                    send(
                            ClientFrame.newBuilder()
                                    .setPong(
                                            Pong.newBuilder()
                                                    .setNonce(frame.getPing().getNonce())));
            case GO_AWAY -> goAway(frame.getGoAway());
            case BODY_NOT_SET -> LOG.debug("a frame of a kind this client does not know");
        }
    }

    private void ready(io.lockstep.wire.proto.Ready ready) {
        become(State.OPEN, "ready");
        failures = 0;
        refusedTokens = 0;
        sessions++;
        watchForSilence(ready.getLimits().getPingIntervalMillis());
        submissions.sessionBegins(ready.getLimits().getSubmissionsInFlightMax());
        var event = new ClientEvent.Ready(ready.getClient(), sessions);
        events.accept(event);
        connecting.forEach(s -> s.success(event));
        connecting.clear();
        sendSubmissions();
    }

    private void watchForSilence(int pingIntervalMillis) {
        cancel(silence);
        if (pingIntervalMillis <= 0) {
            return;
        }
        long period = 2L * pingIntervalMillis + 1_000;
        silence =
                loop.scheduleWithFixedDelay(
                        () -> {
                            var open = connection;
                            if (!heard && open != null) {
                                open.close(CLOSE_NORMAL, "server is silent");
                            }
                            heard = false;
                        },
                        period,
                        period,
                        TimeUnit.MILLISECONDS);
    }

    private void sendSubmissions() {
        var open = connection;
        if (open != null && state == State.OPEN) {
            submissions.takeSendable().forEach(p -> open.send(p.frame));
        }
    }

    private void accepted(long requestId, Accepted accepted) {
        var submission = submissions.answered(requestId);
        if (submission == null) {
            return;
        }
        submissions.remove(submission);
        var view = groups.get(accepted.group());
        if (submission.frame.hasCreate() && view == null) {
            view =
                    new GroupView(
                            new Cursor(
                                    accepted.group(), accepted.incarnation(), 0, accepted.head()));
            groups.put(accepted.group(), view);
        } else if (submission.frame.hasCreate() && view != null) {
            view.created(accepted.incarnation(), accepted.head());
        } else if (view != null && accepted.position() > 0) {
            follow(view, view.check(accepted.incarnation(), accepted.position(), accepted.head()));
        }
        submission.sink.success(accepted);
        sendSubmissions();
    }

    private void refused(long requestId, Refused wire) {
        // What was missed comes first, so that whoever rebases has applied it when the refusal
        // arrives.
        wire.getMissedList().forEach(this::delivered);
        var refusal = Refusal.ofWire(wire);
        var submission = submissions.answered(requestId);
        if (submission == null) {
            attachRefused(wire, refusal);
            return;
        }
        switch (refusal.retry()) {
            case LATER, TO_LEARN_OUTCOME -> retryLater(submission, refusal);
            case NEVER, AFTER_REBASE -> {
                submissions.remove(submission);
                submission.sink.error(new RefusedException(refusal));
            }
        }
        sendSubmissions();
    }

    private void retryLater(Pending submission, Refusal refusal) {
        if (submission.attempts >= config.backoff().attemptsMax()) {
            submissions.remove(submission);
            submission.sink.error(new RefusedException(refusal));
            return;
        }
        long delay = delayMillis(submission.attempts++, refusal);
        submission.waiting = true;
        later(
                delay,
                () -> {
                    submission.waiting = false;
                    sendSubmissions();
                });
    }

    private long delayMillis(int attempt, Refusal refusal) {
        return refusal.retryAfterMillis() + config.backoff().delay(attempt).toMillis();
    }

    private void later(long millis, Runnable task) {
        var _ = loop.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    private void attachRefused(Refused wire, Refusal refusal) {
        var view =
                wire.getGroupId().isEmpty() ? null : groups.get(Cursor.groupOf(wire.getGroupId()));
        if (view == null) {
            events.accept(new ClientEvent.Refused(refusal));
            return;
        }
        if (refusal.retry() == RetryClass.LATER || refusal.retry() == RetryClass.TO_LEARN_OUTCOME) {
            later(delayMillis(view.nextAttachAttempt(), refusal), () -> sendAttach(view));
            return;
        }
        view.attached(false);
        events.accept(new ClientEvent.AttachRefused(view.group, refusal));
        failWaiting(view, new RefusedException(refusal));
    }

    private void delivered(Delivery delivery) {
        var group = Cursor.groupOf(delivery.getGroupId());
        if (delivery.getPosition() == 0) {
            events.accept(
                    new ClientEvent.Ephemeral(
                            group, delivery.getEpoch(), Bytes.of(delivery.getMessage())));
            return;
        }
        var view = groups.get(group);
        if (view != null && view.attached()) {
            follow(view, view.take(delivery));
        }
    }

    private void follow(GroupView view, Taken taken) {
        switch (taken) {
            case Taken.Next(var delivered) -> events.accept(delivered);
            case Taken.Duplicate() -> {}
            case Taken.Hole(long expected) -> {
                LOG.error("group {}: the server skipped position {}", view.group, expected);
                events.accept(new ClientEvent.Hole(view.group, expected, view.cursor().position()));
                sendAttach(view);
            }
            case Taken.Mismatch(Bytes expected, Bytes actual) -> {
                long position = view.cursor().position();
                LOG.error("group {}: the server's history differs at {}", view.group, position);
                detach(view.group);
                events.accept(
                        new ClientEvent.HistoryMismatch(view.group, position, expected, actual));
            }
        }
    }

    private void live(io.lockstep.wire.proto.Live live) {
        var view = groups.get(Cursor.groupOf(live.getGroupId()));
        if (view == null || !view.attached()) {
            return;
        }
        var found =
                view.live(
                        Bytes.of(live.getIncarnation()),
                        live.getPosition(),
                        Bytes.of(live.getHead()));
        follow(view, found);
        if (!(found instanceof Taken.Duplicate)) {
            return;
        }
        var event =
                new Live(view.group, live.getPosition(), Bytes.of(live.getHead()), live.getEpoch());
        events.accept(event);
        var waiting = List.copyOf(view.waiting);
        view.waiting.clear();
        waiting.forEach(s -> s.success(event));
    }

    private void gap(Gap gap) {
        var group = Cursor.groupOf(gap.getGroupId());
        var view = groups.remove(group);
        config.cursors().forget(group);
        events.accept(
                new ClientEvent.Gap(
                        group,
                        gap.getCode(),
                        gap.getFirstPosition(),
                        gap.getPosition(),
                        gap.getEpoch()));
        if (view != null) {
            failWaiting(
                    view,
                    new RefusedException(Refusal.ofCode(gap.getCode(), "gap", RetryClass.NEVER)));
        }
    }

    private void detached(GroupId group, String code) {
        var view = groups.get(group);
        if (view != null) {
            view.attached(false);
            failWaiting(
                    view, new RefusedException(Refusal.ofCode(code, "detached", RetryClass.NEVER)));
        }
        events.accept(new ClientEvent.Detached(group, code));
    }

    private static void failWaiting(GroupView view, RuntimeException why) {
        var waiting = List.copyOf(view.waiting);
        view.waiting.clear();
        waiting.forEach(s -> s.error(why));
    }

    private void mail(Inbox inbox) {
        if (!mailSeen.add(Bytes.of(inbox.getId()))) {
            return;
        }
        var group = Cursor.groupOf(inbox.getGroupId());
        events.accept(
                new ClientEvent.Mail(
                        Bytes.of(inbox.getId()),
                        group,
                        Bytes.of(inbox.getWelcome()),
                        Bytes.of(inbox.getKeyPackageRef()),
                        Cursor.ofWire(group, inbox.getCursor()),
                        inbox.getEpoch()));
    }

    private void goAway(GoAway goAway) {
        reconnectNotBeforeMillis = goAway.getReconnectAfterMillis();
    }

    private Attach attachOf(GroupView view) {
        return Attach.newBuilder()
                .setCursor(view.cursor().toWire())
                .setWindow(config.window())
                .build();
    }

    private void sendAttach(GroupView view) {
        if (groups.get(view.group) == view && view.attached()) {
            send(ClientFrame.newBuilder().setRequestId(nextRequestId++).setAttach(attachOf(view)));
        }
    }
}
