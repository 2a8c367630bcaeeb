package io.lockstep.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// The port for those who run the server: metrics and health, apart from clients. A virtual thread per
/// request.
final class OperationsServer implements AutoCloseable {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String PLAIN_TEXT = "text/plain; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    private OperationsServer(HttpServer server) {
        this.server = server;
    }

    /// @throws StartupException when the port is taken
    static OperationsServer start(
            InetSocketAddress address, PrometheusMeterRegistry meters, BooleanSupplier ready) {
        HttpServer http;
        try {
            http = HttpServer.create(address, 0);
        } catch (BindException e) {
            throw new StartupException(
                    "the operations port "
                            + address.getPort()
                            + " is taken; choose another with --operations-port, or 0 for a free one",
                    e);
        } catch (IOException e) {
            throw new StartupException(
                    "the operations port " + address + " cannot be opened: " + e.getMessage(), e);
        }
        var operations = new OperationsServer(http);
        http.setExecutor(operations.threads);
        operations.serve("/metrics", () -> new Page(200, PROMETHEUS_TEXT, meters.scrape()));
        operations.serve("/livez", () -> new Page(200, PLAIN_TEXT, "alive\n"));
        operations.serve(
                "/readyz",
                () ->
                        ready.getAsBoolean()
                                ? new Page(200, PLAIN_TEXT, "ready\n")
                                : new Page(503, PLAIN_TEXT, "not ready\n"));
        operations.serve("/", () -> new Page(404, PLAIN_TEXT, "/metrics, /livez, /readyz\n"));
        http.start();
        return operations;
    }

    InetSocketAddress address() {
        return server.getAddress();
    }

    private record Page(int status, String type, String text) {}

    private void serve(String path, Supplier<Page> page) {
        server.createContext(path, exchange -> answer(path, exchange, page));
    }

    private static void answer(String path, HttpExchange exchange, Supplier<Page> page)
            throws IOException {
        try (exchange) {
            boolean exact = path.equals("/") || exchange.getRequestURI().getPath().equals(path);
            var answer =
                    !exact
                            ? new Page(404, PLAIN_TEXT, "/metrics, /livez, /readyz\n")
                            : exchange.getRequestMethod().equals("GET")
                                    ? page.get()
                                    : new Page(405, PLAIN_TEXT, "GET only\n");
            var bytes = answer.text().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", answer.type());
            exchange.sendResponseHeaders(answer.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
