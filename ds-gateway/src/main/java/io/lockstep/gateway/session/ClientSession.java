package io.lockstep.gateway.session;

import io.lockstep.auth.AuthenticationException;
import io.lockstep.auth.ClientId;
import io.lockstep.auth.Session;
import io.lockstep.gateway.ConnectionGate;
import io.lockstep.wire.frame.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;

/// One client's session: a state machine on its connection's event loop.
///
/// ```
/// AWAITING_HELLO → AUTHENTICATING → READY → CLOSING        each may go to CLOSING at once
/// open session ≠ null ⇔ READY        registered ⇒ READY        beating ⇔ READY
/// ```
///
/// Every method must be called on the event loop, but for those that say otherwise.
final class ClientSession implements FrameSink {
    private static final Logger log = LoggerFactory.getLogger(ClientSession.class);

    /// Beats between two looks into the inbox without being told: a notice may have been lost.
    private static final int INBOX_BEATS = 10;

    private static final int SILENT_BEATS_MAX = 2;

    private final SessionContext context;
    private final Channel channel;
    private final ConnectionGate.Ticket ticket;
    private final Outbound out;
    private final ReadPauses reading;
    private SessionState state = SessionState.AWAITING_HELLO;

    /// What is there only in READY.
    private @Nullable OpenSession open;

    /// Frames read together with the hello; null when there are none.
    private @Nullable Queue<ClientFrame> early;

    /// The time limit of AWAITING_HELLO; done otherwise.
    private @Nullable Future<?> helloTimeout;

    private Disposable authentication = Disposables.disposed();

    /// Something was read, or the socket took bytes, since the last beat.
    private boolean heard;

    private int silentBeats;
    private int beats;
    private boolean expiryScheduled;
    private boolean leaving;

    ClientSession(
            SessionContext context,
            Channel channel,
            FrameFormat format,
            ConnectionGate.Ticket ticket) {
        this.context = context;
        this.channel = channel;
        this.ticket = ticket;
        this.out =
                new Outbound(
                        channel,
                        format,
                        context.limits().writeHighBytes(),
                        context.limits().answerBytesMax());
        this.reading = new ReadPauses(channel);
    }

    EventLoop eventLoop() {
        return channel.eventLoop();
    }

    FrameFormat format() {
        return out.format();
    }

    /// The one way from state to state.
    private void transition(SessionState next, Reason reason) {
        log.debug("session {} -> {}: {}", state.label(), next.label(), reason.label());
        context.metrics().transition(next.label(), reason.label());
        state = next;
    }

    // AWAITING_HELLO

    void start() {
        context.registry().begins(this);
        helloTimeout =
                eventLoop()
                        .schedule(
                                () -> close(Code.HELLO_TIMEOUT),
                                context.limits().helloTimeout().toMillis(),
                                TimeUnit.MILLISECONDS);
    }

    /// One whole WebSocket message.
    ///
    /// @param payload borrowed
    void received(ByteBuf payload) {
        if (state == SessionState.CLOSING) {
            return;
        }
        heard = true;
        try {
            for (var frame : FrameCodec.decodeClient(format(), payload)) {
                context.metrics().frame(frame.getBodyCase());
                received(frame);
            }
        } catch (MalformedFrameException e) {
            close(e.code());
        }
    }

    private void received(ClientFrame frame) {
        switch (state) {
            case AWAITING_HELLO -> {
                if (frame.getBodyCase() == ClientFrame.BodyCase.HELLO) {
                    authenticate(frame.getHello());
                } else {
                    close(Code.HELLO_EXPECTED);
                }
            }
            case AUTHENTICATING -> {
                if (early == null) {
                    early = new ArrayDeque<>();
                }
                early.add(frame);
                if (early.size() > FrameCodec.FRAMES_MAX) {
                    close(Code.CLIENT_TOO_FAST);
                }
            }
            case READY -> withOpen(session -> dispatch(session, frame));
            case CLOSING -> {}
        }
    }

    // AUTHENTICATING

    private void authenticate(Hello hello) {
        transition(SessionState.AUTHENTICATING, Reason.HELLO);
        cancelHelloTimeout();
        reading.pause(ReadPauses.Why.AUTHENTICATING);
        authentication =
                context.services()
                        .authenticator()
                        .authenticate(hello.getToken())
                        .timeout(context.limits().authenticationTimeout())
                        .subscribe(
                                session -> onLoop(() -> authenticated(session, hello)),
                                error -> onLoop(() -> notAuthenticated(error)));
    }

    private void cancelHelloTimeout() {
        if (helloTimeout != null) {
            helloTimeout.cancel(false);
            helloTimeout = null;
        }
    }

    private void notAuthenticated(Throwable error) {
        if (state != SessionState.AUTHENTICATING) {
            return;
        }
        if (error instanceof AuthenticationException) {
            close(Code.UNAUTHENTICATED);
        } else {
            log.warn("a token could not be checked: {}", error.toString());
            close(Code.AUTHENTICATION_UNAVAILABLE);
        }
    }

    private void authenticated(Session session, Hello hello) {
        if (state != SessionState.AUTHENTICATING) {
            return;
        }
        if (context.registry().isLeaving()) {
            close(Code.GOING_AWAY);
            return;
        }
        transition(SessionState.READY, Reason.TOKEN_HOLDS);
        context.registry().begun(this);
        ticket.begun();
        var opened = open(session);
        open = opened;
        context.metrics().sessionOpened(format());
        context.registry()
                .put(session.client(), this)
                .ifPresent(older ->
                        older.eventLoop().execute(() -> older.close(Code.SESSION_REPLACED)));
        send(Answers.ready(session.client(), context.limits()));
        closeWhenExpired(opened);
        opened.inbox().look();
        for (var attach : hello.getResumeList()) {
            withOpen(s -> s.attachments().attach(0, attach));
        }
        var waiting = early;
        early = null;
        if (waiting != null) {
            waiting.forEach(this::received);
        }
        reading.resume(ReadPauses.Why.AUTHENTICATING);
    }

    private OpenSession open(Session session) {
        var outlet = new SessionOutlet(this);
        ClientId client = session.client();
        var reader =
                new SubmissionReader(
                        context.limits(),
                        context.policyDefault(),
                        context.services().pseudonyms(),
                        client);
        return new OpenSession(
                client,
                session.expires(),
                outlet,
                new Attachments(context, client, outlet, this),
                new Submissions(context, reader, this, this::closeWhenDone),
                new InboxCourier(context.services().inbox(), client, this),
                context.heartbeats().of(eventLoop()).join(this::beat));
    }

    // READY

    void withOpen(Consumer<OpenSession> action) {
        var session = open;
        if (session != null) {
            action.accept(session);
        }
    }

    private void dispatch(OpenSession session, ClientFrame frame) {
        long requestId = frame.getRequestId();
        switch (frame.getBodyCase()) {
            case HELLO -> close(Code.HELLO_EXPECTED);
            case ATTACH -> session.attachments().attach(requestId, frame.getAttach());
            case DETACH -> session.attachments().detach(requestId, frame.getDetach());
            case CREATE -> session.submissions().create(requestId, frame.getCreate());
            case SEND -> session.submissions().send(requestId, frame.getSend());
            case COMMIT -> session.submissions().commit(requestId, frame.getCommit());
            case ACK -> session.attachments().ack(requestId, frame.getAck());
            case INBOX_ACK -> session.inbox().acknowledge(frame.getInboxAck());
            case PONG, BODY_NOT_SET -> {}
        }
    }

    private void beat() {
        var session = open;
        if (session == null) {
            return;
        }
        silentBeats = heard ? 0 : silentBeats + 1;
        heard = false;
        beats++;
        if (silentBeats >= SILENT_BEATS_MAX) {
            close(Code.SILENT);
            return;
        }
        closeWhenExpired(session);
        if (beats % INBOX_BEATS == 0) {
            session.inbox().look();
        }
        if (isWritable()) {
            send(Answers.ping(beats));
        }
    }

    /// The timer is set only when the end is near: most sessions end before their token.
    private void closeWhenExpired(OpenSession session) {
        var left = Duration.ZERO;
        var now = context.services().clock().instant();
        if (expiryScheduled) {
            return;
        }
        if (now.isBefore(session.expires())) {
            var beat = context.limits().pingInterval().multipliedBy(2);
            if (now.plus(beat).isBefore(session.expires())) {
                return;
            }
            left = Duration.between(now, session.expires());
        }
        expiryScheduled = true;
        later(left, () -> close(Code.UNAUTHENTICATED));
    }

    void mailFiled() {
        withOpen(session -> session.inbox().look());
    }

    /// The server stops: no more is read; when everything is answered the session is closed.
    void leave() {
        if (state != SessionState.READY || leaving) {
            return;
        }
        leaving = true;
        long spread = Math.max(1, context.limits().reconnectSpread().toMillis());
        send(Answers.goAway(Duration.ofMillis(ThreadLocalRandom.current().nextLong(spread))));
        reading.pause(ReadPauses.Why.LEAVING);
        closeWhenDone();
    }

    private void closeWhenDone() {
        withOpen(session -> {
            if (leaving && session.submissions().inFlight() == 0) {
                close(Code.GOING_AWAY);
            }
        });
    }

    void leaveNow() {
        close(Code.GOING_AWAY);
    }

    // Writing

    @Override
    public void send(ServerFrame frame) {
        if (state != SessionState.CLOSING) {
            press(out.send(frame));
        }
    }

    private void press(Outbound.Pressure pressure) {
        switch (pressure) {
            case NONE -> {}
            case PAUSE -> reading.pause(ReadPauses.Why.ANSWERS_UNREAD);
            case TOO_MUCH -> close(Code.CLIENT_TOO_FAST);
        }
    }

    /// @param frames complete WebSocket frames; released
    void deliver(ByteBuf frames) {
        if (state == SessionState.READY) {
            out.deliver(frames);
        } else {
            frames.release();
        }
    }

    void flush() {
        if (state == SessionState.READY) {
            out.flush();
        }
    }

    /// Answers a WebSocket ping.
    ///
    /// @param payload borrowed
    void pinged(ByteBuf payload) {
        if (state != SessionState.CLOSING) {
            heard = true;
            press(out.sendOwn(ControlFrames.pong(channel.alloc(), payload)));
        }
    }

    void ponged() {
        heard = true;
    }

    @Override
    public boolean isWritable() {
        return state == SessionState.READY && out.isWritable();
    }

    /// A socket that takes bytes is a client that lives, also when its own frames are not read now.
    void writabilityChanged() {
        heard = true;
        if (!isWritable()) {
            return;
        }
        out.writable();
        reading.resume(ReadPauses.Why.ANSWERS_UNREAD);
        withOpen(session -> {
            context.services().fanout().writable(session.outlet());
            session.inbox().writable();
        });
    }

    @Override
    public void onLoop(Runnable task) {
        eventLoop()
                .execute(() -> {
                    if (state != SessionState.CLOSING) {
                        task.run();
                    }
                });
    }

    @Override
    public void later(Duration time, Runnable task) {
        var _ =
                eventLoop()
                        .schedule(
                                () -> {
                                    if (state != SessionState.CLOSING) {
                                        task.run();
                                    }
                                },
                                time.toMillis(),
                                TimeUnit.MILLISECONDS);
    }

    // CLOSING

    /// Closes with the code's number, and its name for a reason.
    void close(Code code) {
        close(code.number(), code.wireName(), Reason.of(code));
    }

    /// Closes with a status of RFC 6455 §7.4.1.
    void closeBroken(int status, String text) {
        close(status, text, Reason.BROKEN_WEBSOCKET);
    }

    void closeFaulty() {
        close(1011, "internal", Reason.FAULT);
    }

    private void close(int status, String text, Reason reason) {
        if (state == SessionState.CLOSING) {
            return;
        }
        end(reason);
        out.sendClose(ControlFrames.close(channel.alloc(), status, text));
        disconnectLater();
    }

    /// The client's close frame: answers it, or completes ours.
    ///
    /// @param status -1 when it names none
    void closedByClient(int status) {
        if (state == SessionState.CLOSING) {
            disconnect();
            return;
        }
        end(Reason.CLIENT_CLOSES);
        out.sendCloseAndDisconnect(
                status < 0
                        ? ControlFrames.close(channel.alloc())
                        : ControlFrames.close(channel.alloc(), status, ""));
        disconnectLater();
    }

    private void disconnectLater() {
        var _ =
                eventLoop()
                        .schedule(
                                this::disconnect,
                                context.limits().closeTimeout().toMillis(),
                                TimeUnit.MILLISECONDS);
    }

    private void disconnect() {
        var _ = channel.close();
    }

    void connectionLost() {
        if (state != SessionState.CLOSING) {
            end(Reason.CONNECTION_LOST);
        }
    }

    private void end(Reason reason) {
        transition(SessionState.CLOSING, reason);
        ticket.begun();
        context.registry().begun(this);
        cancelHelloTimeout();
        authentication.dispose();
        early = null;
        reading.resumeAll();
        var session = open;
        open = null;
        if (session != null) {
            context.registry().remove(session.client(), this);
            context.heartbeats().of(eventLoop()).leave(session.heartbeat());
            context.services().fanout().close(session.outlet());
            context.metrics().sessionEnded(format());
        }
    }
}
