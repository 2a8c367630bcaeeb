package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.server.health.HealthCheck;
import io.lockstep.server.health.HealthReport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OperationsServerTest {
    private final Metrics metrics = new Metrics();
    private final AtomicReference<HealthCheck.Status> live =
            new AtomicReference<>(HealthCheck.up());
    private final AtomicReference<HealthCheck.Status> ready =
            new AtomicReference<>(HealthCheck.up());
    private final OperationsServer server =
            OperationsServer.start(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), pages());

    private OperationsServer.Pages pages() {
        return new OperationsServer.Pages(
                metrics.registry(),
                () -> HealthReport.of(List.of(HealthCheck.of("loop", live::get))),
                () -> HealthReport.of(List.of(HealthCheck.of("store", ready::get))),
                Optional.empty());
    }

    @AfterEach
    void stop() {
        server.close();
        metrics.close();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(path, "GET");
    }

    private HttpResponse<String> send(String path, String method)
            throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(
                                    URI.create(
                                            "http://127.0.0.1:"
                                                    + server.address().getPort()
                                                    + path))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
    }

    @Test
    void prometheusReadsTheMetricsOfTheProcess() throws Exception {
        metrics.registry().counter("lockstep.test.things").increment();
        var answer = get("/metrics");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
                .startsWith("text/plain; version=0.0.4");
        assertThat(answer.body())
                .contains("lockstep_test_things_total 1.0")
                .contains("process_cpu_time_ns_total")
                .contains("jvm_memory_used_bytes")
                .contains("netty_allocator_memory_used");
    }

    @Test
    void readinessAndLivenessListFailedChecksAsJson() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        assertThat(get("/livez?verbose").body())
                .isEqualTo(
                        """
                        {"status":"up","checks":[{"name":"loop","status":"up"}]}
                        """);
        ready.set(HealthCheck.upBut("2 groups frozen"));
        var noted = get("/readyz");
        assertThat(noted.statusCode()).isEqualTo(200);
        assertThat(noted.body())
                .startsWith("{\"status\":\"up\"")
                .contains("\"status\":\"up\",\"reason\":\"2 groups frozen\"");
        ready.set(HealthCheck.down("no \"store\""));
        var notReady = get("/readyz");
        assertThat(notReady.statusCode()).isEqualTo(503);
        assertThat(notReady.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(notReady.body()).contains("\"status\":\"down\",\"reason\":\"no \\\"store\\\"\"");
        assertThat(get("/livez").statusCode()).isEqualTo(200);
        live.set(HealthCheck.down("stuck"));
        assertThat(get("/livez").statusCode()).isEqualTo(503);
    }

    @Test
    void otherPathsAndMethodsAreRefused() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(404);
        assertThat(get("/metrics/more").statusCode()).isEqualTo(404);
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
        var post = send("/metrics", "POST");
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).hasValue("GET, HEAD");
        var head = send("/livez", "HEAD");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
    }

    /// A web page whose name resolves to loopback (DNS rebinding) could read metrics.
    @Test
    void onLoopbackOnlyLoopbackHostNamesAreAccepted() throws Exception {
        assertThat(statusUnder("evil.example:7421")).isEqualTo("HTTP/1.1 403");
        assertThat(statusUnder("localhost.evil.example")).isEqualTo("HTTP/1.1 403");
        assertThat(statusUnder("localhost:7421")).isEqualTo("HTTP/1.1 200");
        assertThat(statusUnder("[::1]:7421")).isEqualTo("HTTP/1.1 200");
    }

    private String statusUnder(String host) throws IOException {
        try (var socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            var request = "GET /metrics HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
        }
    }

    /// The port had no limits: it read a request line of any length and never closed connections.
    @Test
    void aLongRequestIsRefusedAndConnectionsAreLimited() throws Exception {
        try (var socket = connect()) {
            var line = "GET /" + "x".repeat(5_000) + " HTTP/1.1\r\n\r\n";
            socket.getOutputStream().write(line.getBytes(StandardCharsets.US_ASCII));
            var answer =
                    new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
            assertThat(answer).isEqualTo("HTTP/1.1 400");
        }
        var held = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 64; i++) {
                held.add(connect());
            }
            try (var refused = connect()) {
                assertThat(refused.getInputStream().read()).isEqualTo(-1);
            }
        } finally {
            for (var socket : held) {
                socket.close();
            }
        }
    }

    /// A slow meter must not make the kubelet kill the pod.
    @Test
    void aProbeDoesNotWaitForAScrape() throws Exception {
        var go = new CountDownLatch(1);
        metrics.registry()
                .gauge(
                        "lockstep.test.slow",
                        go,
                        latch -> {
                            latch.countDown();
                            waitFor(release);
                            return 1;
                        });
        try (var scraper = HttpClient.newHttpClient()) {
            var uri = URI.create("http://127.0.0.1:" + server.address().getPort() + "/metrics");
            var scraped =
                    scraper.sendAsync(
                            HttpRequest.newBuilder(uri).build(),
                            HttpResponse.BodyHandlers.ofString());
            waitFor(go);
            assertThat(get("/livez").statusCode()).isEqualTo(200);
            assertThat(scraped).isNotDone();
            release.countDown();
            assertThat(scraped.get().statusCode()).isEqualTo(200);
        }
    }

    private final CountDownLatch release = new CountDownLatch(1);

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aTakenPortIsReportedInOneSentence() {
        assertThatThrownBy(() -> OperationsServer.start(server.address(), pages()))
                .isInstanceOf(StartupException.class)
                .hasMessageMatching(
                        "the operations port \\d+ is taken; choose another with .* --port, too");
    }
}
