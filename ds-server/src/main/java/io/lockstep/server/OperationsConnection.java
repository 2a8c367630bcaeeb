package io.lockstep.server;

import io.lockstep.gateway.connection.BrowserAccess;
import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.server.groups.GroupOperations;
import io.lockstep.server.groups.OperatorRequest;
import io.lockstep.server.health.HealthReport;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// One connection to the operations port: answers the first request and closes. It reads the body
/// of a request with the operator's token only.
///
/// Threads: *confined to the operations port's event loop*, except for the metrics page and for
/// answers to the operator.
final class OperationsConnection extends SimpleChannelInboundHandler<HttpObject> {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String PLAIN_TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String PATHS = "/metrics, /livez, /readyz, /groups\n";

    private final OperationsServer.Pages pages;
    private final Executor scrapes;
    private boolean answered;

    /// Null unless a body is being received.
    private @Nullable OperatorCall call;

    /// @param scrapes may refuse a task
    OperationsConnection(OperationsServer.Pages pages, Executor scrapes) {
        this.pages = pages;
        this.scrapes = scrapes;
    }

    private record TextPage(HttpResponseStatus status, String type, String text) {
        static TextPage plain(HttpResponseStatus status, String text) {
            return new TextPage(status, PLAIN_TEXT, text);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        if (!answered && message instanceof HttpRequest request) {
            answered = true;
            begin(context, request);
        }
        var pending = call;
        if (pending != null && message instanceof HttpContent part) {
            pending.add(context, part);
        }
    }

    private void begin(ChannelHandlerContext context, HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            answer(context, request, TextPage.plain(HttpResponseStatus.BAD_REQUEST, "not HTTP\n"));
            return;
        }
        if (isRebound(context, request)) {
            answer(
                    context,
                    request,
                    TextPage.plain(
                            HttpResponseStatus.FORBIDDEN,
                            "on loopback this port is localhost, 127.0.0.1 or [::1]\n"));
            return;
        }
        var target = new QueryStringDecoder(request.uri());
        if (OperatorRequest.isFor(target.rawPath())) {
            beginCall(context, request, target);
            return;
        }
        var method = request.method();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            answer(
                    context,
                    request,
                    TextPage.plain(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET and HEAD only\n"));
            return;
        }
        switch (target.rawPath()) {
            case "/livez" -> answer(context, request, health(pages.live().get()));
            case "/readyz" -> answer(context, request, health(pages.ready().get()));
            case "/metrics" -> scrape(context, request);
            default ->
                    answer(context, request, TextPage.plain(HttpResponseStatus.NOT_FOUND, PATHS));
        }
    }

    private void beginCall(
            ChannelHandlerContext context, HttpRequest request, QueryStringDecoder target) {
        var operator = pages.operator();
        if (operator.isEmpty()) {
            answer(
                    context,
                    request,
                    ProblemDetails.of(
                            Code.NOT_FOUND,
                            "operations on groups exist where operations.token-file is set"));
            return;
        }
        var authorization = request.headers().get(HttpHeaderNames.AUTHORIZATION);
        if (authorization == null || !operator.get().token().isIn(authorization)) {
            answer(
                    context,
                    request,
                    ProblemDetails.of(
                            Code.UNAUTHENTICATED,
                            "operations on groups need the token of operations.token-file"));
            return;
        }
        call = new OperatorCall(operator.get().operations(), request, target);
    }

    /// A call of the operator whose body is being received.
    private final class OperatorCall {
        private final GroupOperations operations;
        private final HttpRequest request;
        private final QueryStringDecoder target;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();

        OperatorCall(GroupOperations operations, HttpRequest request, QueryStringDecoder target) {
            this.operations = operations;
            this.request = request;
            this.target = target;
        }

        /// @param part borrowed
        void add(ChannelHandlerContext context, HttpContent part) {
            if (body.size() + part.content().readableBytes() > OperatorRequest.BODY_BYTES_MAX) {
                call = null;
                answer(
                        context,
                        request,
                        ProblemDetails.of(
                                Code.MESSAGE_TOO_LARGE,
                                "a body has at most " + OperatorRequest.BODY_BYTES_MAX + " bytes"));
                return;
            }
            body.writeBytes(ByteBufUtil.getBytes(part.content()));
            if (part instanceof LastHttpContent) {
                call = null;
                perform(context);
            }
        }

        private void perform(ChannelHandlerContext context) {
            var query = new HashMap<String, String>();
            target.parameters().forEach((name, values) -> query.put(name, values.getLast()));
            var _ =
                    operations
                            .answer(
                                    new OperatorRequest(
                                            request.method().name(),
                                            target.rawPath(),
                                            query,
                                            Bytes.wrap(body.toByteArray())))
                            .subscribe(response -> answer(context, request, response));
        }
    }

    /// Whether the server listens on loopback and the request names another host. A web page whose
    /// own name resolves to loopback (DNS rebinding) could otherwise read the answer.
    private static boolean isRebound(ChannelHandlerContext context, HttpRequest request) {
        var host = request.headers().get(HttpHeaderNames.HOST);
        return host != null
                && context.channel().localAddress() instanceof InetSocketAddress own
                && own.getAddress().isLoopbackAddress()
                && !BrowserAccess.isLoopback(host);
    }

    private static TextPage health(HealthReport report) {
        return new TextPage(
                report.isUp() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
                JSON,
                report.json());
    }

    /// Runs outside the event loop: some meters are slow, and a probe must not wait for them.
    private void scrape(ChannelHandlerContext context, HttpRequest request) {
        try {
            scrapes.execute(() -> answer(context, request, metrics()));
        } catch (RejectedExecutionException e) {
            answer(
                    context,
                    request,
                    TextPage.plain(HttpResponseStatus.SERVICE_UNAVAILABLE, "too many scrapes\n"));
        }
    }

    private TextPage metrics() {
        try {
            return new TextPage(HttpResponseStatus.OK, PROMETHEUS_TEXT, pages.meters().scrape());
        } catch (RuntimeException e) {
            return TextPage.plain(
                    HttpResponseStatus.INTERNAL_SERVER_ERROR,
                    "a meter failed: " + e.getClass().getSimpleName() + "\n");
        }
    }

    private static void answer(ChannelHandlerContext context, HttpRequest request, TextPage page) {
        var headers =
                page.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)
                        ? Map.of("allow", "GET, HEAD")
                        : Map.<String, String>of();
        answer(
                context,
                request,
                new RouteResponse(
                        page.status().code(),
                        page.type(),
                        Bytes.wrap(page.text().getBytes(StandardCharsets.UTF_8)),
                        headers));
    }

    private static void answer(
            ChannelHandlerContext context, HttpRequest request, RouteResponse answer) {
        var bytes =
                switch (answer.content()) {
                    case RouteResponse.ResponseContent.FullContent(var whole) -> whole.toArray();
                    case RouteResponse.ResponseContent.Streamed _ ->
                            throw new IllegalStateException("nothing is streamed on this port");
                };
        boolean head = request.method().equals(HttpMethod.HEAD);
        var response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        HttpResponseStatus.valueOf(answer.status()),
                        head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(bytes));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType())
                .set(HttpHeaderNames.CONTENT_LENGTH, bytes.length)
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        answer.headers().forEach(response.headers()::set);
        context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    /// A reset, or an answer that cannot be made. The failure affects this connection only.
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        var _ = context.close();
    }
}
