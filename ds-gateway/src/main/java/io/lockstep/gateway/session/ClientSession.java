package io.lockstep.gateway.session;

import io.lockstep.auth.AuthenticationException;
import io.lockstep.auth.DeviceRevokedException;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.TokenGrant;
import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.connection.EventLoopTasks;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/// One client's session: a state machine on its connection's event loop.
///
/// ```
/// AWAITING_HELLO → AUTHENTICATING → READY → CLOSING        each may go to CLOSING at once
/// open session ≠ null ⇔ READY        registered ⇒ READY        beating ⇔ READY
/// ```
///
/// Every method must be called on the event loop, but for those that say otherwise.
final class ClientSession implements SessionIo {
    private static final Logger log = LoggerFactory.getLogger(ClientSession.class);

    /// What clients can cause.
    private static final RateLimitedLogger TROUBLE = RateLimitedLogger.of(ClientSession.class);

    /// Beats between two looks into the inbox without being told: a notice may have been lost.
    private static final int INBOX_BEATS = 10;

    /// What an entry of a hello takes beside its bytes, while the token is checked.
    private static final int OBJECT_BYTES = 64;

    private final SessionContext context;
    private final Channel channel;
    private final ConnectionAdmission.AdmittedConnection ticket;
    private final FrameWriter out;
    private final ReadPauses reading;
    private final PartialMessage unfinished;
    private final FrameTurns turns;
    private final ClientLiveness liveness = new ClientLiveness();
    private SessionState state = SessionState.AWAITING_HELLO;

    /// What is there only in READY.
    private @Nullable AuthenticatedSession open;

    /// What is there only before READY.
    private @Nullable PendingLogin arrival;

    private boolean leaving;

    /// Whether the client is asked for signs of life.
    private boolean pinging = true;

    /// The payload of a WebSocket ping that is to be answered; null for none.
    private byte @Nullable [] ping;

    ClientSession(
            SessionContext context,
            Channel channel,
            FrameFormat format,
            ConnectionAdmission.AdmittedConnection ticket) {
        this.context = context;
        this.channel = channel;
        this.ticket = ticket;
        this.out =
                new FrameWriter(
                        channel,
                        format,
                        context.limits().writeHighBytes(),
                        context.limits().answerBytesMax());
        this.reading = new ReadPauses(channel);
        this.unfinished =
                new PartialMessage(
                        channel,
                        context.receive(),
                        context.unfinished(),
                        ticket,
                        this::closeAndDrop);
        this.turns =
                new FrameTurns(
                        channel,
                        reading,
                        unfinished::holdFrames,
                        this::received,
                        this::turnEnds,
                        this::afterSockets);
    }

    PartialMessage unfinished() {
        return unfinished;
    }

    MeteredWebSocketDecoder decoder(int frameBytesMax) {
        return new MeteredWebSocketDecoder(
                frameBytesMax, unfinished::arrived, unfinished::decoded, turns::isWaiting);
    }

    EventLoop eventLoop() {
        return channel.eventLoop();
    }

    FrameFormat format() {
        return out.format();
    }

    /// The one way from state to state.
    private void transition(SessionState next, TransitionReason reason) {
        log.debug("session {} -> {}: {}", state.label(), next.label(), reason.label());
        context.metrics().transition(next.label(), reason.label());
        state = next;
    }

    // AWAITING_HELLO

    void start() {
        context.registry().begins(this);
        ticket.onEviction(() -> onLoop(() -> closeAndDrop(Code.TOO_MANY_CONNECTIONS)));
        unfinished.begins();
        var arriving = new PendingLogin(context, this);
        arriving.awaitHello(eventLoop(), () -> close(Code.HELLO_TIMEOUT));
        arrival = arriving;
    }

    /// What came with the upgrade was handed over.
    void upgraded() {
        reading.resume(ReadPauses.PauseReason.UPGRADING);
    }

    /// One whole WebSocket message.
    ///
    /// @param payload borrowed
    void received(ByteBuf payload) {
        if (state == SessionState.CLOSING) {
            return;
        }
        if (state == SessionState.AWAITING_HELLO
                && payload.readableBytes() > SessionLimits.HELLO_BYTES_MAX) {
            close(Code.FRAME_TOO_LARGE);
            return;
        }
        liveness.heard();
        try {
            turns.take(FrameCodec.decodeClient(format(), payload));
        } catch (MalformedFrameException e) {
            close(e.code());
        }
    }

    /// All has been read that the socket held: what is to be ordered goes together.
    void readEnds() {
        turns.readEnds();
        turnEnds();
    }

    private void turnEnds() {
        pong();
        withOpen(AuthenticatedSession::handOver);
        closeWhenDone();
    }

    /// Not `execute`: a loop runs the tasks that a task adds before it looks at its sockets again.
    private void afterSockets(Runnable task) {
        var _ = eventLoop().schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    private void received(ClientFrame frame) {
        context.metrics().frame(frame.getBodyCase());
        switch (state) {
            case AWAITING_HELLO -> {
                if (frame.getBodyCase() == ClientFrame.BodyCase.HELLO) {
                    authenticate(frame.getHello());
                } else {
                    close(Code.HELLO_EXPECTED);
                }
            }
            case AUTHENTICATING ->
                    throw new IllegalStateException("frames wait until the client is known");
            case READY -> {
                if (frame.getBodyCase() == ClientFrame.BodyCase.HELLO) {
                    close(Code.HELLO_EXPECTED);
                } else {
                    withOpen(session -> session.take(frame));
                }
            }
            case CLOSING -> {}
        }
    }

    // AUTHENTICATING

    private void authenticate(Hello hello) {
        transition(SessionState.AUTHENTICATING, TransitionReason.HELLO);
        turns.stop();
        longerMessages();
        unfinished.holdHello(
                2 * hello.getSerializedSize() + OBJECT_BYTES * (1 + hello.getResumeCount()));
        if (arrival != null) {
            arrival.authenticate(
                    hello.getToken(),
                    session -> authenticated(session, hello),
                    this::notAuthenticated);
        }
    }

    /// What follows the `hello` may be as long as any message.
    private void longerMessages() {
        int frameBytesMax = context.limits().frameBytesMax();
        unfinished.helloEnds(frameBytesMax);
        var _ =
                channel.pipeline()
                        .replace(
                                MeteredWebSocketDecoder.class,
                                "after-hello",
                                decoder(frameBytesMax));
    }

    private void notAuthenticated(Throwable error) {
        if (state != SessionState.AUTHENTICATING) {
            return;
        }
        switch (error) {
            case AuthenticationException refused -> closeUnauthenticated(refused.reason());
            case DeviceRevokedException _ -> close(Code.DEVICE_REVOKED);
            default -> {
                TROUBLE.warn("a token could not be checked: {}", error.toString());
                close(Code.AUTHENTICATION_UNAVAILABLE);
            }
        }
    }

    private void authenticated(TokenGrant session, Hello hello) {
        if (state != SessionState.AUTHENTICATING) {
            return;
        }
        if (context.registry().isLeaving()) {
            close(Code.GOING_AWAY);
            return;
        }
        transition(SessionState.READY, TransitionReason.TOKEN_HOLDS);
        context.registry().begun(this);
        ticket.begun();
        unfinished.known(session.client().user());
        var opened = open(session);
        open = opened;
        context.metrics().sessionOpened(format());
        context.registry()
                .put(session.client(), this)
                .ifPresent(older ->
                        EventLoopTasks.run(
                                older.eventLoop(), () -> older.close(Code.SESSION_REPLACED)));
        if (context.registry().isRevoked(session)) {
            close(Code.DEVICE_REVOKED);
            return;
        }
        pinging = !(hello.getNoPings() && context.development());
        send(
                ServerFrames.ready(
                        session.client(),
                        context.limits(),
                        context.blobBytesMax(),
                        pinging ? context.limits().pingInterval() : Duration.ZERO,
                        opened.expiry().left(context.services().clock().instant())));
        closeWhenExpired(opened);
        opened.lookAtKeyPackages();
        opened.inbox().look();
        for (var attach : hello.getResumeList()) {
            withOpen(s -> s.attachments().attach(0, attach));
        }
        arrival = null;
        turns.resume();
        unfinished.resumed();
    }

    private AuthenticatedSession open(TokenGrant session) {
        return new AuthenticatedSession(
                context,
                session,
                new SessionDeliverySink(this, out),
                this,
                context.heartbeats().of(eventLoop()).join(this::beat, this::fail));
    }

    // READY

    void withOpen(Consumer<AuthenticatedSession> action) {
        var session = open;
        if (session != null) {
            action.accept(session);
        }
    }

    private void beat() {
        var session = open;
        if (session == null) {
            return;
        }
        // First of all: whatever becomes of the rest, the token ends (invariant I9).
        closeWhenExpired(session);
        if (!liveness.beat() && pinging) {
            close(Code.SILENT);
            return;
        }
        if (liveness.beats() % INBOX_BEATS == 0) {
            session.inbox().look();
        }
        if (pinging && isWritable()) {
            send(ServerFrames.ping(liveness.beats()));
        }
    }

    private void closeWhenExpired(AuthenticatedSession session) {
        session.expiry()
                .near(context.services().clock().instant(), context.limits().pingInterval())
                .ifPresent(left -> {
                    var _ =
                            later(
                                    left,
                                    () ->
                                            closeUnauthenticated(
                                                    AuthenticationException.TokenRefusalReason
                                                            .TOKEN_EXPIRED));
                    send(ServerFrames.tokenExpires(left));
                });
    }

    /// The session's device was revoked, unless its token is newer.
    void revoked(Revocation revocation) {
        withOpen(session -> {
            if (revocation.ends(session.granted())) {
                close(Code.DEVICE_REVOKED);
            }
        });
    }

    /// The server stops: no more is read; when everything is answered the session is closed.
    void leave() {
        if (state != SessionState.READY || leaving) {
            return;
        }
        leaving = true;
        long spread = Math.max(1, context.limits().reconnectSpread().toMillis());
        send(ServerFrames.goAway(Duration.ofMillis(ThreadLocalRandom.current().nextLong(spread))));
        reading.pause(ReadPauses.PauseReason.LEAVING);
        closeWhenDone();
    }

    @Override
    public void answered() {
        closeWhenDone();
    }

    private void closeWhenDone() {
        withOpen(session -> {
            if (leaving && session.submissionsInFlight() == 0 && !turns.isWaiting()) {
                close(Code.GOING_AWAY);
            }
        });
    }

    // Writing

    @Override
    public void send(ServerFrame frame) {
        if (state != SessionState.CLOSING) {
            press(out.send(frame));
        }
    }

    private void press(FrameWriter.Pressure pressure) {
        switch (pressure) {
            case NONE -> {}
            case PAUSE -> reading.pause(ReadPauses.PauseReason.ANSWERS_UNREAD);
            case TOO_MUCH -> close(Code.CLIENT_TOO_FAST);
        }
    }

    /// Answers a WebSocket ping.
    ///
    /// @param payload borrowed
    void pinged(ByteBuf payload) {
        if (state != SessionState.CLOSING) {
            liveness.heard();
            ping = ByteBufUtil.getBytes(payload);
        }
    }

    /// Of the pings of one reading the last is answered (RFC 6455 §5.5.3), when the socket takes it: a client that
    /// does not read its pongs has one waiting.
    private void pong() {
        var asked = ping;
        if (asked != null && state != SessionState.CLOSING && out.isWritable()) {
            ping = null;
            press(out.sendOwn(ControlFrames.pong(channel.alloc(), Unpooled.wrappedBuffer(asked))));
        }
    }

    void ponged() {
        liveness.heard();
    }

    boolean isReady() {
        return state == SessionState.READY;
    }

    @Override
    public boolean isWritable() {
        return isReady() && out.isWritable();
    }

    /// A socket that takes bytes is a client that lives, also when its own frames are not read now.
    void writabilityChanged() {
        liveness.heard();
        if (!out.isWritable()) {
            return;
        }
        out.writable();
        reading.resume(ReadPauses.PauseReason.ANSWERS_UNREAD);
        pong();
        withOpen(session -> {
            context.services().fanout().writable(session.outlet());
            session.inbox().writable();
        });
    }

    @Override
    public void onLoop(Runnable task) {
        EventLoopTasks.run(eventLoop(), () -> unlessClosing(task));
    }

    @Override
    public Disposable later(Duration time, Runnable task) {
        var scheduled =
                eventLoop()
                        .schedule(
                                () -> unlessClosing(task), time.toMillis(), TimeUnit.MILLISECONDS);
        return () -> scheduled.cancel(false);
    }

    private void unlessClosing(Runnable task) {
        if (state != SessionState.CLOSING) {
            task.run();
        }
    }

    // CLOSING

    /// Closes with the code's number, and its name for a reason.
    void close(Code code) {
        close(code.number(), code.wireName(), TransitionReason.of(code));
    }

    /// The same for what it holds of messages, which is let go of at once.
    private void closeAndDrop(Code code) {
        close(code);
        unfinished.close();
        if (channel.pipeline().get(MeteredWebSocketDecoder.class) != null) {
            var _ =
                    channel.pipeline()
                            .replace(
                                    MeteredWebSocketDecoder.class,
                                    "dropped",
                                    new DiscardInputHandler());
        }
    }

    /// Closes with the code's number, its name, and why the token does not hold.
    private void closeUnauthenticated(AuthenticationException.TokenRefusalReason why) {
        var code = Code.UNAUTHENTICATED;
        close(code.number(), code.wireName() + ": " + why.wireName(), TransitionReason.of(code));
    }

    /// Closes with a status of RFC 6455 §7.4.1.
    void closeBroken(int status, String text) {
        close(status, text, TransitionReason.BROKEN_WEBSOCKET);
    }

    void closeFaulty() {
        close(1011, "internal", TransitionReason.FAULT);
    }

    private void close(int status, String text, TransitionReason reason) {
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
            // What is queued before, our close frame too, goes out first.
            out.disconnectWhenSent();
            return;
        }
        end(TransitionReason.CLIENT_CLOSES);
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

    /// Bytes of the session were lost on our side: not even a close frame could be read behind them.
    void fail() {
        if (state != SessionState.CLOSING) {
            end(TransitionReason.FAULT);
            disconnect();
        }
    }

    /// Memory that this connection wanted is not there; others may do without.
    void shortOfMemory(Throwable cause) {
        context.metrics().shortages().met(cause);
        if (state != SessionState.CLOSING) {
            end(TransitionReason.FAULT);
        }
    }

    void connectionLost() {
        if (state != SessionState.CLOSING) {
            end(TransitionReason.CONNECTION_LOST);
        }
    }

    private void end(TransitionReason reason) {
        transition(SessionState.CLOSING, reason);
        unfinished.drop();
        context.registry().begun(this);
        if (arrival != null) {
            arrival.cancel();
            arrival = null;
        }
        turns.end();
        reading.resumeAll();
        var session = open;
        open = null;
        if (session != null) {
            session.handOver();
            session.end();
            context.registry().remove(session.client(), this);
            context.heartbeats().of(eventLoop()).leave(session.heartbeat());
            context.services().fanout().close(session.outlet());
            context.metrics().sessionEnded(format());
        }
    }
}
