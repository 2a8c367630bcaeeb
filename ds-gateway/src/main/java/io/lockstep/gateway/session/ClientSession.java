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
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/// The state machine of one client's session, on its connection's event loop.
///
/// ```
/// AWAITING_HELLO → AUTHENTICATING → READY → CLOSING        CLOSING may follow every state directly
/// authenticated session ≠ null ⇔ READY        registered ⇒ READY
/// in the heartbeat wheel ⇔ READY
/// ```
///
/// Every method must be called on the event loop, unless its comment states otherwise.
final class ClientSession implements SessionIo {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSession.class);

    /// Clients can cause these lines.
    private static final RateLimitedLogger TROUBLE = RateLimitedLogger.of(ClientSession.class);

    /// The inbox is read once per this many heartbeats without a notice, because a notice may be
    /// lost.
    private static final int INBOX_BEATS = 10;

    /// Cost of one entry of a `hello` in addition to its bytes, while the token is checked.
    private static final int OBJECT_BYTES = 64;

    private final SessionContext context;
    private final Channel channel;
    private final ConnectionAdmission.AdmittedConnection admitted;
    private final FrameWriter out;
    private final ReadPauses reading;
    private final PartialMessage partial;
    private final FrameTurns turns;
    private final ClientLiveness liveness = new ClientLiveness();
    private SessionState state = SessionState.AWAITING_HELLO;

    /// Non-null only in READY.
    private @Nullable AuthenticatedSession open;

    /// Non-null only before READY.
    private @Nullable PendingLogin login;

    private boolean draining;
    private boolean leaving;

    /// Whether the server pings the client.
    private boolean pinging = true;

    /// The payload of a WebSocket ping that is not answered yet; null for none.
    private byte @Nullable [] ping;

    ClientSession(
            SessionContext context,
            Channel channel,
            FrameFormat format,
            ConnectionAdmission.AdmittedConnection admitted) {
        this.context = context;
        this.channel = channel;
        this.admitted = admitted;
        this.out =
                new FrameWriter(
                        channel,
                        format,
                        context.limits().writeHighBytes(),
                        context.limits().answerBytesMax());
        this.reading = new ReadPauses(channel);
        this.partial =
                new PartialMessage(
                        channel,
                        context.receive(),
                        context.unfinished(),
                        admitted,
                        this::closeAndDrop);
        this.turns =
                new FrameTurns(
                        channel,
                        reading,
                        partial::holdFrames,
                        this::received,
                        this::sliceEnds,
                        this::afterSockets);
    }

    PartialMessage partial() {
        return partial;
    }

    MeteredWebSocketDecoder decoder(int frameBytesMax) {
        return new MeteredWebSocketDecoder(
                frameBytesMax, partial::arrived, partial::decoded, turns::isWaiting);
    }

    EventLoop eventLoop() {
        return channel.eventLoop();
    }

    FrameFormat format() {
        return out.format();
    }

    /// The only method that changes the state.
    private void transition(SessionState next, TransitionReason reason) {
        LOG.debug("session {} -> {}: {}", state.label(), next.label(), reason.label());
        context.metrics().transition(next.label(), reason.label());
        state = next;
    }

    private boolean invariants() {
        return (open != null) == (state == SessionState.READY);
    }

    // AWAITING_HELLO

    void start() {
        context.registry().addPending(this);
        admitted.onEviction(() -> onLoop(() -> closeAndDrop(Code.TOO_MANY_CONNECTIONS)));
        partial.onOpen();
        var pendingLogin = new PendingLogin(context, this);
        pendingLogin.awaitHello(eventLoop(), () -> close(Code.HELLO_TIMEOUT));
        login = pendingLogin;
    }

    /// The bytes that arrived with the upgrade were delivered.
    void upgraded() {
        reading.resume(ReadPauses.PauseReason.UPGRADING);
    }

    /// Handles one complete WebSocket message.
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
        liveness.activity();
        try {
            turns.take(FrameCodec.decodeClient(format(), payload));
        } catch (MalformedFrameException e) {
            close(e.code());
        }
    }

    /// Everything that the socket held was read: hands the gathered submissions to ordering
    /// together.
    void readEnds() {
        turns.readEnds();
        sliceEnds();
    }

    private void sliceEnds() {
        pong();
        withOpen(AuthenticatedSession::handOver);
        closeWhenDone();
    }

    /// Not `execute`: an event loop runs tasks that a task adds before it polls its sockets again.
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
        partial.holdHello(
                2 * hello.getSerializedSize() + OBJECT_BYTES * (1 + hello.getResumeCount()));
        if (login != null) {
            login.authenticate(
                    hello.getToken(),
                    session -> authenticated(session, hello),
                    this::notAuthenticated);
        }
    }

    /// Messages after the `hello` may have the full length.
    private void longerMessages() {
        int frameBytesMax = context.limits().frameBytesMax();
        partial.helloEnds(frameBytesMax);
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
        context.registry().removePending(this);
        admitted.authenticated();
        partial.authenticated(session.client().user());
        if (state != SessionState.READY) {
            // The user's budget has no room for the bytes that followed the `hello`.
            return;
        }
        var opened = open(session);
        open = opened;
        assert invariants();
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
        opened.checkKeyPackages();
        opened.inbox().poll();
        for (var attach : hello.getResumeList()) {
            withOpen(s -> s.attachments().attach(0, attach));
        }
        login = null;
        turns.resume();
        partial.resumed();
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
        // First, so that the token's end takes effect even if the rest fails (invariant I9).
        closeWhenExpired(session);
        if (!liveness.tick() && pinging) {
            close(Code.SILENT);
            return;
        }
        if (liveness.ticks() % INBOX_BEATS == 0) {
            session.inbox().poll();
        }
        if (pinging && isWritable()) {
            send(ServerFrames.ping(liveness.ticks()));
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

    /// Closes the session if the revocation applies to its token: a newer token is not affected.
    void revoked(Revocation revocation) {
        withOpen(session -> {
            if (revocation.ends(session.grant())) {
                close(Code.DEVICE_REVOKED);
            }
        });
    }

    /// The server stops: tells the client when to open a session elsewhere. This one goes on until
    /// some time later.
    void drain(Duration slot) {
        if (state != SessionState.READY || draining) {
            return;
        }
        draining = true;
        send(ServerFrames.goAway(slot));
        if (context.limits().drain().isZero()) {
            leave();
        } else {
            var _ = later(slot.plus(context.limits().drainOverlap()), this::leave);
        }
    }

    /// Reads no more, and closes the session when everything is answered.
    private void leave() {
        if (state != SessionState.READY || leaving) {
            return;
        }
        leaving = true;
        reading.pause(ReadPauses.PauseReason.CLOSING);
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
            case PAUSE -> reading.pause(ReadPauses.PauseReason.ANSWERS_UNSENT);
            case OVER_LIMIT -> close(Code.CLIENT_TOO_FAST);
        }
    }

    /// Notes a WebSocket ping, to be answered by a pong.
    ///
    /// @param payload borrowed
    void pinged(ByteBuf payload) {
        if (state != SessionState.CLOSING) {
            liveness.activity();
            ping = ByteBufUtil.getBytes(payload);
        }
    }

    /// Answers only the last ping of one socket read (RFC 6455 §5.5.3), when the socket is
    /// writable. A client that does not read its pongs therefore has at most one waiting.
    private void pong() {
        var asked = ping;
        if (asked != null && state != SessionState.CLOSING && out.isWritable()) {
            ping = null;
            press(out.sendOwn(ControlFrames.pong(channel.alloc(), Unpooled.wrappedBuffer(asked))));
        }
    }

    void ponged() {
        liveness.activity();
    }

    boolean isReady() {
        return state == SessionState.READY;
    }

    @Override
    public boolean isWritable() {
        return isReady() && out.isWritable();
    }

    /// A socket that takes bytes counts as a sign of life, also while the client's frames are not
    /// read.
    void writabilityChanged() {
        liveness.activity();
        if (!out.isWritable()) {
            return;
        }
        out.writable();
        reading.resume(ReadPauses.PauseReason.ANSWERS_UNSENT);
        pong();
        withOpen(session -> {
            context.services().fanout().writable(session.sink());
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

    /// Closes with the code's number, and its name as the reason.
    void close(Code code) {
        close(code.number(), code.wireName(), TransitionReason.of(code));
    }

    /// Closes, and drops at once what it holds of incomplete messages.
    private void closeAndDrop(Code code) {
        close(code);
        partial.close();
        if (channel.pipeline().get(MeteredWebSocketDecoder.class) != null) {
            var _ =
                    channel.pipeline()
                            .replace(
                                    MeteredWebSocketDecoder.class,
                                    "dropped",
                                    new DiscardInputHandler());
        }
    }

    /// Closes with the code's number and name, and with why the token does not hold.
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

    /// Handles the client's close frame: answers it, or completes the server's own close.
    ///
    /// @param status -1 if it has none
    void closedByClient(int status) {
        if (state == SessionState.CLOSING) {
            // What is queued before it is sent first, including the server's close frame.
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

    /// Bytes of the session were lost on the server's side. The client could not parse a close
    /// frame after them.
    void fail() {
        if (state != SessionState.CLOSING) {
            end(TransitionReason.FAULT);
            disconnect();
        }
    }

    /// Memory for this connection could not be allocated; other connections may continue.
    void onOutOfMemory(Throwable cause) {
        context.metrics().shortages().record(cause);
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
        partial.drop();
        context.registry().removePending(this);
        if (login != null) {
            login.cancel();
            login = null;
        }
        turns.end();
        reading.resumeAll();
        var session = open;
        open = null;
        assert invariants();
        if (session != null) {
            session.handOver();
            session.end();
            context.registry().remove(session.client(), this);
            context.heartbeats().of(eventLoop()).leave(session.heartbeat());
            context.services().fanout().close(session.sink());
            context.metrics().sessionEnded(format());
        }
    }
}
