package io.lockstep.server;

import io.lockstep.gateway.connection.BrowserAccess;
import io.lockstep.server.health.HealthReport;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/// One connection to the operations port: answers the first request and closes. It never reads a
/// request body.
///
/// Threads: *confined to the operations port's event loop*, except for the metrics page.
final class OperationsConnection extends SimpleChannelInboundHandler<HttpObject> {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String PLAIN_TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String PATHS = "/metrics, /livez, /readyz\n";

    private final OperationsServer.Pages pages;
    private final Executor scrapes;
    private boolean answered;

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
        if (answered || !(message instanceof HttpRequest request)) {
            return;
        }
        answered = true;
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
        var method = request.method();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            answer(
                    context,
                    request,
                    TextPage.plain(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET and HEAD only\n"));
            return;
        }
        var target = request.uri();
        int query = target.indexOf('?');
        switch (query < 0 ? target : target.substring(0, query)) {
            case "/livez" -> answer(context, request, health(pages.live().get()));
            case "/readyz" -> answer(context, request, health(pages.ready().get()));
            case "/metrics" -> scrape(context, request);
            default ->
                    answer(context, request, TextPage.plain(HttpResponseStatus.NOT_FOUND, PATHS));
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
        var bytes = page.text().getBytes(StandardCharsets.UTF_8);
        boolean head = request.method().equals(HttpMethod.HEAD);
        var response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        page.status(),
                        head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(bytes));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, page.type())
                .set(HttpHeaderNames.CONTENT_LENGTH, bytes.length)
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        if (page.status().equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
        }
        context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    /// A reset, or an answer that cannot be made. The failure affects this connection only.
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        var _ = context.close();
    }
}
