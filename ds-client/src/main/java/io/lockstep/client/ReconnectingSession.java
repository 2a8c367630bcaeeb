package io.lockstep.client;

import io.lockstep.client.ClientEvent.CaughtUp;
import io.lockstep.client.Submissions.UnansweredSubmission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.GoAway;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.MonoSink;

/// The state machine of a [LockstepClient]: opens one session after the other and keeps groups and
/// unanswered submissions across sessions. Confined to its event loop.
final class ReconnectingSession implements WebSocketConnection.ConnectionListener {
    private static final Logger LOG = LoggerFactory.getLogger(ReconnectingSession.class);
    private static final int CLOSE_NORMAL = 1000;

    enum ConnectState {
        /// Not connected; the application has not asked for a connection.
        IDLE,
        /// Waits for the WebSocket and for `ready`.
        CONNECTING,
        /// The session is open.
        OPEN,
        /// Waits for the backoff before it connects again.
        WAITING,
        /// Final state: the client never connects again.
        CLOSED
    }

    private final ClientNetwork network;
    private final ClientConfig config;
    private final EventLoop loop;
    private final Consumer<ClientEvent> events;
    private final BlobClient blobs;
    private final Submissions submissions;
    private final AttachedGroups groups;
    private final InboxReceiver mail;
    private final List<MonoSink<ClientEvent.Connected>> connecting = new ArrayList<>();
    private volatile ClientLimits limits = ClientLimits.ASSUMED;
    private ConnectState state = ConnectState.IDLE;
    private @Nullable WebSocketConnection connection;

    /// While the server drains: the connection that takes the place of [#connection] once it is open.
    private @Nullable WebSocketConnection successor;

    private @Nullable Future<?> timer;
    private @Nullable Future<?> silence;
    private @Nullable Future<?> deadline;
    private long nextRequestId = 1;
    private long sessions;
    private int failures;
    private int refusedTokens;
    private long reconnectNotBeforeMillis;
    private boolean heard;
    private @Nullable ClientClosedException closedBecause;

    ReconnectingSession(
            ClientNetwork network,
            ClientConfig config,
            EventLoop loop,
            DirectoryClient directory,
            BlobClient blobs,
            Consumer<ClientEvent> events) {
        this.network = network;
        this.config = config;
        this.loop = loop;
        this.blobs = blobs;
        this.events = events;
        submissions = new Submissions(config.queuedMax(), config.answerWithin());
        var link = new SessionLink();
        groups = new AttachedGroups(config, events, link);
        mail = new InboxReceiver(directory, blobs, loop, events, link);
    }

    // --- Calls of the application ---

    void connect(MonoSink<ClientEvent.Connected> sink) {
        if (isToldClosed(sink)) {
            return;
        }
        connecting.add(sink);
        sink.onDispose(() -> loop.execute(() -> connecting.remove(sink)));
        switch (state) {
            case IDLE, WAITING -> openConnection("asked");
            case OPEN, CONNECTING -> {}
            case CLOSED -> throw new IllegalStateException("handled above");
        }
    }

    /// Ends the session and does not reconnect until [#connect]. Keeps cursors and submissions.
    void disconnect() {
        if (state == ConnectState.CLOSED) {
            return;
        }
        become(ConnectState.IDLE, "asked to disconnect");
        dropConnection("client disconnects");
    }

    void close(String reason) {
        close(reason, Optional.empty());
    }

    private void close(String reason, Optional<Refusal> refusal) {
        if (state == ConnectState.CLOSED) {
            return;
        }
        become(ConnectState.CLOSED, reason);
        closedBecause = new ClientClosedException("the client is closed: " + reason, refusal);
        dropConnection("client closes");
        cancel(deadline);
        var why = new ClientClosedException(reason, refusal);
        submissions.drain().stream().filter(p -> !p.abandoned).forEach(p -> p.sink.error(why));
        List.copyOf(connecting).forEach(s -> s.error(why));
        connecting.clear();
        groups.close(why);
        events.accept(new ClientEvent.Closed(reason, refusal));
    }

    /// @return whether the client is closed, and the sink was told why
    private boolean isToldClosed(MonoSink<?> sink) {
        var why = closedBecause;
        if (why == null) {
            return false;
        }
        sink.error(new ClientClosedException(String.valueOf(why.getMessage()), why.refusal()));
        return true;
    }

    void submit(GroupId group, ClientFrame.Builder frame, MonoSink<Acceptance> sink) {
        if (isToldClosed(sink)) {
            return;
        }
        groups.submitting(group);
        var submission =
                new UnansweredSubmission(group, frame.setRequestId(nextRequestId++).build(), sink);
        if (!submissions.add(submission)) {
            sink.error(
                    new RefusedException(
                            ServerRefusal.of(
                                    new Refusal(
                                            Code.TOO_MANY_IN_FLIGHT,
                                            "too many submissions wait in this client"))));
            return;
        }
        watchDeadlines();
        sendSubmissions();
    }

    /// Ends submissions that got no answer in time, whatever the connection does. One timer watches
    /// the oldest of them.
    private void watchDeadlines() {
        if (deadline != null) {
            return;
        }
        submissions
                .nanosToDeadline()
                .ifPresent(nanos ->
                        deadline =
                                loop.schedule(
                                        () -> {
                                            deadline = null;
                                            submissions.takeOverdue().forEach(this::giveUp);
                                            watchDeadlines();
                                        },
                                        nanos,
                                        TimeUnit.NANOSECONDS));
    }

    private void giveUp(UnansweredSubmission submission) {
        boolean unknown = submission.inFlight || submission.outcomeUnknown;
        submission.sink.error(
                new RefusedException(
                        ServerRefusal.unanswered(
                                unknown ? Code.OUTCOME_UNKNOWN : Code.UNAVAILABLE,
                                config.answerWithin()),
                        unknown));
    }

    /// Callable from any thread.
    ClientLimits limits() {
        return limits;
    }

    void attach(LogCursor cursor, MonoSink<CaughtUp> sink) {
        if (isToldClosed(sink)) {
            return;
        }
        groups.attach(cursor, sink);
        sink.onDispose(() -> loop.execute(() -> groups.forgetWaiting(cursor.group(), sink)));
    }

    void detach(GroupId group) {
        groups.detach(group);
    }

    void acknowledge(ClientEvent.Delivered delivered) {
        groups.acknowledge(delivered);
    }

    Optional<LogCursor> cursor(GroupId group) {
        return groups.cursor(group);
    }

    void acknowledgeMail(Bytes id) {
        mail.acknowledged(id);
        send(ClientFrame.newBuilder().setInboxAck(InboxAck.newBuilder().addId(id.asByteString())));
    }

    // --- The connection ---

    private void become(ConnectState next, String reason) {
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
        become(ConnectState.CONNECTING, reason);
        connection = WebSocketConnection.open(network, loop, config, this);
    }

    private void dropConnection(String reason) {
        cancel(silence);
        var both = Stream.of(connection, successor).filter(Objects::nonNull).toList();
        connection = null;
        successor = null;
        both.forEach(open -> open.close(CLOSE_NORMAL, reason));
    }

    private void send(ClientFrame.Builder frame) {
        var open = connection;
        if (open != null && state == ConnectState.OPEN) {
            open.send(frame.build());
        }
    }

    /// The server drains and this client's time has come: opens the next connection before it leaves
    /// this one.
    private void move(WebSocketConnection from) {
        if (from == connection && state == ConnectState.OPEN && successor == null) {
            LOG.debug("client session moves: the server drains");
            reconnectNotBeforeMillis = 0;
            successor = WebSocketConnection.open(network, loop, config, this);
        }
    }

    /// From here on nothing of the former connection is read, so no entry comes twice. What had no
    /// answer is sent again.
    private void takeOver(WebSocketConnection next, int code, String reason) {
        var former = connection;
        connection = next;
        successor = null;
        cancel(silence);
        if (state == ConnectState.OPEN) {
            events.accept(new ClientEvent.Disconnected(code, reason));
        }
        become(ConnectState.CONNECTING, reason);
        if (former != null) {
            former.close(CLOSE_NORMAL, reason);
        }
    }

    @Override
    public void opened(WebSocketConnection opened) {
        if (opened == successor) {
            takeOver(opened, Code.GOING_AWAY.number(), "the server drains");
        }
        if (opened != connection) {
            opened.close(CLOSE_NORMAL, "superseded");
            return;
        }
        var hello = Hello.newBuilder().setToken(config.token().get()).setAgent(config.agent());
        groups.resume().forEach(hello::addResume);
        opened.send(ClientFrame.newBuilder().setHello(hello).build());
    }

    @Override
    public void closed(WebSocketConnection ended, int code, String reason) {
        if (ended == successor) {
            // This client reconnects when the server closes its session.
            successor = null;
            return;
        }
        if (ended != connection) {
            return;
        }
        var next = successor;
        if (next != null) {
            connection = null;
            takeOver(next, code, reason);
            return;
        }
        connection = null;
        cancel(silence);
        boolean wasOpen = state == ConnectState.OPEN;
        if (wasOpen) {
            events.accept(new ClientEvent.Disconnected(code, reason));
        }
        var hopeless =
                Arrays.stream(Code.values())
                        .filter(c -> c.number() == code && isHopeless(c, wasOpen))
                        .findFirst();
        if (hopeless.isPresent()) {
            var name = hopeless.get().wireName();
            var whole = reason.startsWith(name) ? reason : name + ": " + reason;
            var detail = whole.startsWith(name + ": ") ? whole.substring(name.length() + 2) : "";
            close(whole, Optional.of(new Refusal(hopeless.get(), detail)));
            return;
        }
        waitAndReconnect(code + " " + reason);
    }

    /// Whether the client must not reconnect after this close code. A token may expire during a
    /// session, so the client tries a new token once. No other permanent refusal heals by itself.
    private boolean isHopeless(Code code, boolean wasOpen) {
        if (code == Code.UNAUTHENTICATED) {
            return ++refusedTokens > 1 || !wasOpen;
        }
        return code.retry() == RetryAdvice.NEVER;
    }

    private void waitAndReconnect(String reason) {
        become(ConnectState.WAITING, reason);
        long delay =
                Math.max(
                        config.backoff().delay(failures++).toMillis(),
                        // The server asks all its clients to wait at least this long: the jitter
                        // comes on top.
                        reconnectNotBeforeMillis == 0
                                ? 0
                                : reconnectNotBeforeMillis + config.backoff().delay(0).toMillis());
        reconnectNotBeforeMillis = 0;
        timer = loop.schedule(() -> openConnection("backoff over"), delay, TimeUnit.MILLISECONDS);
    }

    // --- Frames of the server ---

    @Override
    public void frame(WebSocketConnection from, ServerFrame frame) {
        if (from != connection) {
            return;
        }
        heard = true;
        switch (frame.getBodyCase()) {
            case READY -> ready(frame.getReady());
            case ACCEPTED -> accepted(frame.getRequestId(), Acceptance.ofWire(frame.getAccepted()));
            case REFUSED -> refused(frame.getRequestId(), frame.getRefused());
            case DELIVERY -> groups.delivered(frame.getDelivery());
            case INBOX -> mail.came(frame.getInbox());
            case LIVE -> groups.live(frame.getLive());
            case GAP -> groups.gap(frame.getGap());
            case DETACHED ->
                    groups.detached(
                            LogCursor.groupOf(frame.getDetached().getGroupId()),
                            frame.getDetached().getCode());
            case PING ->
                    send(
                            ClientFrame.newBuilder()
                                    .setPong(
                                            Pong.newBuilder()
                                                    .setNonce(frame.getPing().getNonce())));
            case GO_AWAY -> goAway(frame.getGoAway());
            case KEY_PACKAGES_LOW ->
                    events.accept(ClientEvent.KeyPackagesRunLow.ofWire(frame.getKeyPackagesLow()));
            case TOKEN_EXPIRES ->
                    events.accept(
                            new ClientEvent.TokenExpiring(
                                    Duration.ofSeconds(frame.getTokenExpires().getInSeconds())));
            case BODY_NOT_SET -> LOG.debug("a frame of a kind this client does not know");
        }
    }

    private void ready(io.lockstep.wire.proto.Ready ready) {
        become(ConnectState.OPEN, "ready");
        failures = 0;
        refusedTokens = 0;
        sessions++;
        limits = ClientLimits.ofWire(ready.getLimits());
        watchForSilence(ready.getLimits().getPingIntervalMillis());
        submissions.sessionBegins(ready.getLimits().getSubmissionsInFlightMax());
        var event = new ClientEvent.Connected(ready.getClient(), sessions);
        events.accept(event);
        List.copyOf(connecting).forEach(s -> s.success(event));
        connecting.clear();
        groups.sessionOpened();
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
        if (open != null && state == ConnectState.OPEN) {
            submissions.takeSendable().forEach(p -> open.send(p.frame));
        }
    }

    private void accepted(long requestId, Acceptance accepted) {
        var submission = submissions.answered(requestId);
        if (submission == null) {
            return;
        }
        submissions.remove(submission);
        if (submission.frame.hasCreate()) {
            groups.created(accepted);
        } else {
            groups.accepted(accepted);
        }
        submission.sink.success(accepted);
        sendSubmissions();
    }

    private void refused(long requestId, Refused wire) {
        // Hand on the missed deliveries first: a caller that rebases has applied them when the
        // refusal arrives.
        wire.getMissedList().forEach(groups::missed);
        var refusal = ServerRefusal.ofWire(wire);
        var submission = submissions.answered(requestId);
        if (submission == null) {
            groups.refused(wire, refusal);
            return;
        }
        if (submission.abandoned) {
            submissions.remove(submission);
            sendSubmissions();
            return;
        }
        switch (refusal.retry()) {
            case LATER -> retryLater(submission, refusal);
            case TO_LEARN_OUTCOME -> {
                submission.outcomeUnknown = true;
                retryLater(submission, refusal);
            }
            case NEVER -> {
                submissions.remove(submission);
                submission.sink.error(new RefusedException(refusal, submission.outcomeUnknown));
            }
            // The server looks for the same bytes in the log before it checks their epoch. So this
            // refusal proves that they were not accepted.
            case AFTER_REBASE -> {
                submissions.remove(submission);
                submission.sink.error(new RefusedException(refusal));
            }
        }
        sendSubmissions();
    }

    private void retryLater(UnansweredSubmission submission, ServerRefusal refusal) {
        if (submission.attempts >= config.backoff().attemptsMax()) {
            submissions.remove(submission);
            submission.sink.error(new RefusedException(refusal, submission.outcomeUnknown));
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

    private long delayMillis(int attempt, ServerRefusal refusal) {
        return refusal.retryAfterMillis() + config.backoff().delay(attempt).toMillis();
    }

    private void later(long millis, Runnable task) {
        var _ =
                loop.schedule(
                        () -> {
                            if (state != ConnectState.CLOSED) {
                                task.run();
                            }
                        },
                        millis,
                        TimeUnit.MILLISECONDS);
    }

    private void goAway(GoAway goAway) {
        reconnectNotBeforeMillis = goAway.getReconnectAfterMillis();
        var from = connection;
        if (from != null) {
            later(reconnectNotBeforeMillis, () -> move(from));
        }
    }

    /// The part of the session that groups and mail may use.
    private final class SessionLink implements AttachedGroups.AttachLink, InboxReceiver.InboxLink {
        @Override
        public boolean isClosed() {
            return state == ConnectState.CLOSED;
        }

        @Override
        public boolean send(ClientFrame.Builder frame) {
            var open = connection;
            if (open == null || state != ConnectState.OPEN) {
                return false;
            }
            open.send(frame.setRequestId(nextRequestId++).build());
            return true;
        }

        @Override
        public void fetch(
                GroupId group,
                BlobPointer reference,
                Consumer<Bytes> fetched,
                Consumer<ServerRefusal> failed) {
            blobs.fetch(group, reference)
                    .subscribe(
                            bytes -> loop.execute(() -> fetched.accept(bytes)),
                            e -> loop.execute(() -> failed.accept(ServerRefusal.of(e))));
        }

        @Override
        public void later(int attempt, ServerRefusal refusal, Runnable task) {
            ReconnectingSession.this.later(delayMillis(attempt, refusal), task);
        }
    }
}
