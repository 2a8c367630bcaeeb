package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OperationsServerTest {
    private final Metrics metrics = new Metrics();
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private final OperationsServer server =
            OperationsServer.start(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    metrics.registry(),
                    ready::get);

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

    @Test
    void metricsOfTheProcessAreThereForPrometheus() throws Exception {
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
    void readinessFollowsTheServerAndLivenessDoesNot() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        ready.set(false);
        assertThat(get("/readyz").statusCode()).isEqualTo(503);
        assertThat(get("/livez").statusCode()).isEqualTo(200);
    }

    @Test
    void otherPathsAndMethodsAreRefused() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(404);
        assertThat(get("/metrics/more").statusCode()).isEqualTo(404);
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
        assertThat(send("/metrics", "POST").statusCode()).isEqualTo(405);
    }

    @Test
    void aTakenPortIsToldInOneSentence() {
        assertThatThrownBy(() ->
                        OperationsServer.start(server.address(), metrics.registry(), ready::get))
                .isInstanceOf(StartupException.class)
                .hasMessageMatching("the operations port \\d+ is taken; choose another with .*");
    }
}
