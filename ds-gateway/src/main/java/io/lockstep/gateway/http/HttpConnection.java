package io.lockstep.gateway.http;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.TokenGrant;
import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.connection.EventLoopTasks;
import io.lockstep.gateway.connection.ProgressTimeout;
import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// The HTTP state machine of one connection, until it closes or becomes a session. It handles one
/// request at a time. It reads the next request only when the socket has taken the previous
/// response, so a client that does not read has one response waiting, not one per request. It reads
/// no body before the sender is authenticated.
///
/// The channel does not read by itself (`autoRead` is off). A `SingleReadHandler` in front of this
/// handler delivers one object per `read()`.
public final class HttpConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

    /// How long the body of a refused request is read and dropped, so that the client sees the
    /// response before the connection closes.
    private static final Duration LINGER = Duration.ofSeconds(2);

    private enum ConnectionPhase {
        /// Waits for a request head.
        HEAD,
        /// Waits for the authentication service; reads nothing.
        AUTHENTICATING,
        /// Waits for the rest of the body.
        BODY,
        /// Waits for the service behind the gateway; reads nothing.
        ANSWERING,
        /// Sends a streamed response; reads nothing.
        STREAMING,
        /// Waits until the socket has taken the response; reads nothing.
        WRITING,
        /// Answered; reads the rest of the request and drops it.
        LINGERING,
        /// Closed, or upgraded to a session.
        OVER
    }

    private final HttpContext context;
    private final ConnectionAdmission.AdmittedConnection admitted;
    private ConnectionPhase phase = ConnectionPhase.HEAD;
    private Exchange exchange;

    /// How the response to the current request is formatted.
    private ResponseFormat responseFormat = ResponseFormat.UNKNOWN;

    private final Deadline deadline = new Deadline();
    private final ProgressTimeout progress;
    private final ResponseEncoder answers;
    private final Channel channel;

    /// The first byte of a further head has arrived.
    private boolean headBegun;

    /// Null unless STREAMING.
    private @Nullable ResponseStream stream;

    private Disposable pending = Disposables.disposed();

    HttpConnection(
            HttpContext context,
            Channel channel,
            ConnectionAdmission.AdmittedConnection admitted,
            ResponseEncoder answers) {
        this.context = context;
        this.channel = channel;
        this.admitted = admitted;
        this.answers = answers;
        this.progress =
                new ProgressTimeout(
                        channel,
                        context.receive.progressInterval(),
                        context.receive.unauthenticatedBytesMin(),
                        () -> tooSlow(channel));
        this.exchange = noExchange();
    }

    private static Exchange noExchange() {
        return new Exchange("none", false, RequestBody.NONE, _ -> {});
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context.opened(ctx.channel());
        deadline.set(ctx, context.limits.headTimeout(), () -> over(ctx));
        admitted.onEviction(() -> EventLoopTasks.run(channel.eventLoop(), () -> evicted(ctx)));
    }

    /// The connection was evicted in favour of another.
    private void evicted(ChannelHandlerContext ctx) {
        if (phase == ConnectionPhase.OVER) {
            return;
        }
        var tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null && !tls.handshakeFuture().isDone()) {
            // A response and TLS's close_notify would wait for the end of the handshake.
            end();
            var _ = ctx.pipeline().context(tls).close();
            return;
        }
        abort(ctx, Code.TOO_MANY_CONNECTIONS);
    }

    /// The address that a proxy told has no free slot. Refuses the connection.
    public void refuse() {
        var ctx = channel.pipeline().context(this);
        if (ctx != null) {
            evicted(ctx);
        }
    }

    /// The budget has no room for what this connection has sent ahead or of a head.
    void onOverBudget(ChannelHandlerContext ctx) {
        evicted(ctx);
    }

    private void tooSlow(Channel channel) {
        var ctx = channel.pipeline().context(this);
        if (ctx != null && (phase == ConnectionPhase.HEAD || phase == ConnectionPhase.BODY)) {
            abort(ctx, Code.TOO_SLOW);
        }
    }

    /// Sends the code if the request has no answer yet, and closes.
    private void abort(ChannelHandlerContext ctx, Code code) {
        switch (phase) {
            case HEAD, AUTHENTICATING, BODY, ANSWERING -> {
                pending.dispose();
                answerAndClose(ctx, ProblemDetails.of(code));
            }
            case STREAMING, WRITING, LINGERING, OVER -> over(ctx);
        }
    }

    /// Called when bytes arrive, and when bytes that arrived earlier are decoded.
    ///
    /// @return whether they belong to a head
    boolean arrived(ChannelHandlerContext ctx, int bytes) {
        progress.arrived(bytes);
        if (phase != ConnectionPhase.HEAD) {
            return false;
        }
        if (!headBegun) {
            headBegun = true;
            deadline.set(ctx, context.limits.headTimeout(), () -> over(ctx));
        }
        progress.waiting(true, false);
        return true;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        context.ended(ctx.channel());
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.read();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        over(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            switch (phase) {
                case HEAD -> {
                    if (message instanceof HttpRequest request) {
                        head(ctx, request);
                    } else {
                        ctx.read();
                    }
                }
                case BODY -> {
                    if (message instanceof HttpContent content) {
                        body(ctx, content);
                    }
                }
                case LINGERING -> {
                    if (message instanceof LastHttpContent) {
                        over(ctx);
                    } else {
                        ctx.read();
                    }
                }
                case AUTHENTICATING, ANSWERING, STREAMING, WRITING, OVER -> {}
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (stream != null) {
            stream.writabilityChanged();
        }
        ctx.fireChannelWritabilityChanged();
    }

    private void head(ChannelHandlerContext ctx, HttpRequest request) {
        exchange = noExchange();
        progress.waiting(false, true);
        answers.answers(request.method());
        responseFormat = ResponseFormat.UNKNOWN;
        var head = new RequestHead(request);
        var problem = head.problem(context.limits);
        if (problem.isPresent()) {
            // The decoder cannot continue after this: it drops what follows.
            linger(ctx, problem.get());
            return;
        }
        responseFormat = ResponseFormat.of(head, CorsRules.headers(context.browsers, request));
        boolean hasSlot =
                context.addresses
                        .of(channel.remoteAddress(), request.headers())
                        .map(admitted::isFrom)
                        .orElse(true);
        if (!hasSlot) {
            linger(ctx, ProblemDetails.of(Code.TOO_MANY_CONNECTIONS));
            return;
        }
        var misplaced = CorsRules.problem(context.browsers, head);
        if (misplaced.isPresent()) {
            linger(ctx, misplaced.get());
            return;
        }
        var path = head.path();
        if (path.equals(WebSocketUpgrade.PATH)) {
            begin(WebSocketUpgrade.PATH, head, RequestBody.NONE, _ -> upgrade(ctx, request));
            readBody(ctx, head, context.receive.unauthenticatedBytesMin());
            return;
        }
        switch (context.router.find(request.method(), path)) {
            case Router.Match.NoSuchPath() -> refuse(ctx, Code.NOT_FOUND, "no such resource");
            case Router.Match.NoSuchMethod(var allowed) when CorsRules.isPreflight(request) -> {
                begin(
                        "preflight",
                        head,
                        RequestBody.NONE,
                        _ -> answer(ctx, CorsRules.preflight(allowed)));
                readBody(ctx, head, context.receive.unauthenticatedBytesMin());
            }
            case Router.Match.NoSuchMethod(var allowed) ->
                    answer(
                            ctx,
                            ProblemDetails.of(
                                    Code.METHOD_NOT_ALLOWED,
                                    Code.METHOD_NOT_ALLOWED.httpStatus(),
                                    "allowed: " + allowed,
                                    Map.of("allow", allowed)));
            case Router.Match.RouteFound(var route, var parameters) ->
                    found(ctx, head, route, parameters);
        }
    }

    private void found(
            ChannelHandlerContext ctx, RequestHead head, Route route, List<String> parameters) {
        int bytesMax = route.body().bytesMax();
        switch (route.access()) {
            case Route.RouteAccess.Anonymous(var open) -> {
                begin(route.pattern(), head, RequestBody.NONE, _ -> answer(ctx, open.answer()));
                readBody(ctx, head, context.receive.unauthenticatedBytesMin());
            }
            case Route.RouteAccess.Authenticated(var forClient) -> {
                begin(route.pattern(), head, RequestBody.NONE, _ -> {});
                var problem = head.bodyProblem(route.body());
                if (problem.isPresent()) {
                    answer(ctx, problem.get());
                    return;
                }
                authenticate(
                        ctx,
                        head,
                        session -> {
                            admitted.authenticated();
                            begin(
                                    route.pattern(),
                                    head,
                                    body(ctx, session.client(), head, bytesMax),
                                    body ->
                                            await(
                                                    ctx,
                                                    head,
                                                    again(ctx, head, session, bytesMax)
                                                            .flatMap(now ->
                                                                    forClient.answer(
                                                                            now.client(),
                                                                            new Request(
                                                                                    head,
                                                                                    now,
                                                                                    parameters,
                                                                                    body)))));
                            readBody(ctx, head, context.receive.messageBytesMin());
                        });
            }
        }
    }

    /// Authenticates again once the body has arrived, which may take long: the device may have been
    /// revoked meanwhile.
    private Mono<TokenGrant> again(
            ChannelHandlerContext ctx, RequestHead head, TokenGrant before, int bodyBytesMax) {
        return bodyBytesMax == 0
                ? Mono.just(before)
                : context.authenticator
                        .authenticate(head.bearerToken().orElseThrow())
                        .publishOn(Schedulers.fromExecutor(ctx.executor()));
    }

    private RequestBody body(
            ChannelHandlerContext ctx, ClientId client, RequestHead head, int bytesMax) {
        return new RequestBody(
                context.bodies.open(
                        ByteBudget.Holder.of(client.user()),
                        () ->
                                EventLoopTasks.run(
                                        channel.eventLoop(), () -> abort(ctx, Code.OVERLOADED))),
                bytesMax,
                head.announcedBytes());
    }

    private void begin(
            String route, RequestHead head, RequestBody body, Consumer<Bytes> onComplete) {
        exchange = new Exchange(route, head.isKeepAlive(), body, onComplete);
    }

    private void authenticate(
            ChannelHandlerContext ctx, RequestHead head, Consumer<TokenGrant> next) {
        var token = head.bearerToken();
        if (token.isEmpty()) {
            refuse(ctx, Code.UNAUTHENTICATED, "Authorization: Bearer <token>");
            return;
        }
        phase = ConnectionPhase.AUTHENTICATING;
        // From here on the time limit of an answer applies.
        deadline.clear();
        context.answerBegins();
        pending =
                context.authenticator
                        .authenticate(token.get())
                        .timeout(context.limits.answerTimeout())
                        .doFinally(_ -> context.answerEnds())
                        .subscribe(
                                session ->
                                        onLoop(
                                                ConnectionPhase.AUTHENTICATING,
                                                () -> next.accept(session)),
                                error ->
                                        onLoop(
                                                ConnectionPhase.AUTHENTICATING,
                                                () ->
                                                        answer(
                                                                ctx,
                                                                FailureResponses.authentication(
                                                                        error))));
    }

    private void readBody(ChannelHandlerContext ctx, RequestHead head, int bytesMin) {
        if (head.expectsContinue()) {
            var _ =
                    ctx.writeAndFlush(
                            new DefaultFullHttpResponse(
                                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
        phase = ConnectionPhase.BODY;
        deadline.set(ctx, context.limits.bodyTimeout(), () -> over(ctx));
        progress.expect(bytesMin);
        progress.waiting(true, true);
        ctx.read();
    }

    private void body(ChannelHandlerContext ctx, HttpContent content) {
        if (content.decoderResult().isFailure()) {
            phase = ConnectionPhase.ANSWERING;
            answerAndClose(ctx, ProblemDetails.of(Code.INVALID_REQUEST, "a malformed body"));
            return;
        }
        switch (exchange.body().take(content.content())) {
            case OK -> {
                if (content instanceof LastHttpContent) {
                    phase = ConnectionPhase.ANSWERING;
                    progress.waiting(false, true);
                    exchange.onComplete().accept(exchange.body().bytes());
                } else {
                    ctx.read();
                }
            }
            case TOO_LONG ->
                    linger(ctx, ProblemDetails.of(Code.MESSAGE_TOO_LARGE, "the body is too long"));
            case OVER_BUDGET ->
                    linger(ctx, ProblemDetails.of(Code.OVERLOADED, "too many bodies at once"));
        }
    }

    private void await(ChannelHandlerContext ctx, RequestHead head, Mono<RouteResponse> answer) {
        deadline.clear();
        context.answerBegins();
        pending =
                answer.timeout(context.limits.answerTimeout())
                        .onErrorResume(error ->
                                Mono.just(FailureResponses.answer(head.request().method(), error)))
                        .defaultIfEmpty(ProblemDetails.of(Code.INTERNAL, "no answer"))
                        .doFinally(_ -> context.answerEnds())
                        .subscribe(whole ->
                                onLoop(ConnectionPhase.ANSWERING, () -> answer(ctx, whole)));
    }

    private void onLoop(ConnectionPhase expected, Runnable task) {
        EventLoopTasks.run(
                channel.eventLoop(),
                () -> {
                    if (phase == expected) {
                        task.run();
                    }
                });
    }

    private void refuse(ChannelHandlerContext ctx, Code code, String detail) {
        answer(ctx, ProblemDetails.of(code, detail));
    }

    /// Answers, in any phase. The unread rest of the request is read and dropped.
    private void answer(ChannelHandlerContext ctx, RouteResponse answer) {
        if (phase != ConnectionPhase.ANSWERING) {
            linger(ctx, answer);
        } else if (answer.content() instanceof RouteResponse.ResponseContent.Streamed streamed) {
            stream(ctx, answer, streamed);
        } else if (exchange.keepAlive() && ctx.channel().isActive()) {
            nextWhenWritten(ctx, write(ctx, answer, true));
        } else {
            answerAndClose(ctx, answer);
        }
    }

    private void nextWhenWritten(ChannelHandlerContext ctx, ChannelFuture written) {
        exchange.body().release();
        phase = ConnectionPhase.WRITING;
        deadline.set(ctx, context.limits.bodyTimeout(), () -> over(ctx));
        written.addListener(done -> {
            if (phase == ConnectionPhase.WRITING && done.isSuccess()) {
                next(ctx);
            }
        });
    }

    private void next(ChannelHandlerContext ctx) {
        phase = ConnectionPhase.HEAD;
        headBegun = false;
        progress.expect(context.receive.unauthenticatedBytesMin());
        var decoder = ctx.pipeline().get(LazyRequestDecoder.class);
        if (decoder != null) {
            decoder.answered();
        }
        deadline.set(ctx, context.limits.idleTimeout(), () -> over(ctx));
        ctx.read();
    }

    private void stream(
            ChannelHandlerContext ctx,
            RouteResponse answer,
            RouteResponse.ResponseContent.Streamed streamed) {
        phase = ConnectionPhase.STREAMING;
        // A client that reads slowly must not take room from the bodies of others.
        exchange.body().release();
        context.answerBegins();
        if (!responseFormat.takesChunks() && streamed.length().isEmpty()) {
            exchange = exchange.last();
        }
        var _ = write(ctx, answer, exchange.keepAlive());
        deadline.set(ctx, context.limits.bodyTimeout(), () -> over(ctx));
        var parts =
                new ResponseStream(
                        ctx,
                        () -> deadline.set(ctx, context.limits.bodyTimeout(), () -> over(ctx)),
                        written -> streamed(ctx, written),
                        error -> {
                            LOG.warn("a streamed response failed: {}", error.toString());
                            over(ctx);
                        });
        stream = parts;
        pending = parts;
        streamed.parts().doFinally(_ -> context.answerEnds()).subscribe(parts);
    }

    private void streamed(ChannelHandlerContext ctx, ChannelFuture written) {
        stream = null;
        if (exchange.keepAlive()) {
            nextWhenWritten(ctx, written);
        } else {
            closeWhenWritten(ctx);
        }
    }

    private void linger(ChannelHandlerContext ctx, RouteResponse answer) {
        progress.stop();
        var _ = write(ctx, answer, false);
        exchange.body().release();
        phase = ConnectionPhase.LINGERING;
        deadline.set(ctx, LINGER, () -> over(ctx));
        ctx.read();
    }

    private void answerAndClose(ChannelHandlerContext ctx, RouteResponse answer) {
        var _ = write(ctx, answer, false);
        closeWhenWritten(ctx);
    }

    private void closeWhenWritten(ChannelHandlerContext ctx) {
        end();
        // A client that does not read its response must not keep the connection.
        deadline.set(ctx, context.limits.bodyTimeout(), () -> over(ctx));
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    private ChannelFuture write(
            ChannelHandlerContext ctx, RouteResponse answer, boolean keepAlive) {
        context.metrics.request(exchange.route(), answer.status());
        var response = answer.toResponse(responseFormat);
        response.headers()
                .set(
                        HttpHeaderNames.CONNECTION,
                        keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        return ctx.writeAndFlush(response);
    }

    private void upgrade(ChannelHandlerContext ctx, HttpRequest request) {
        switch (context.upgrade.decide(request)) {
            case WebSocketUpgrade.UpgradeOutcome.UpgradeRefused(var code, var answer) -> {
                context.metrics.upgradeRefused(code);
                answerAndClose(ctx, answer);
            }
            case WebSocketUpgrade.UpgradeOutcome.Upgraded(var format, var response) -> {
                context.metrics.request(WebSocketUpgrade.PATH, response.status().code());
                var _ = ctx.writeAndFlush(response);
                end();
                var pipeline = ctx.pipeline();
                var started = context.sessions.start(pipeline, format, admitted);
                HttpPipeline.remove(pipeline);
                started.run();
            }
        }
    }

    private void over(ChannelHandlerContext ctx) {
        end();
        var _ = ctx.close();
    }

    private void end() {
        phase = ConnectionPhase.OVER;
        deadline.clear();
        progress.stop();
        pending.dispose();
        stream = null;
        exchange.body().release();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        switch (cause) {
            // Its message may quote what the client sent.
            case IOException _, DecoderException _ ->
                    LOG.debug("connection ends: {}", cause.getClass().getSimpleName());
            case OutOfMemoryError _ -> context.shortages.record(cause);
            default -> LOG.error("a request failed", cause);
        }
        over(ctx);
    }
}
