package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// A JSON session that keeps the server's frames.
final class JsonSession implements WebSocket.Listener, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final BlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
    private final List<JsonNode> passedOver = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final HttpClient http = HttpClient.newHttpClient();
    private final WebSocket webSocket;

    /// Above the requests that tests number themselves.
    private int asked = 1_000;

    JsonSession(KillableServer server, String client) throws Exception {
        webSocket =
                http.newWebSocketBuilder()
                        .subprotocols("lockstep.v1.json")
                        .buildAsync(server.webSocket(), this)
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        send(0, "hello", "{\"token\":\"dev:" + client + "\",\"noPings\":true}");
        while (!next().has("ready")) {
            // Not ready yet.
        }
    }

    void send(int request, String name, String body) {
        webSocket
                .sendText("{\"requestId\":\"%d\",\"%s\":%s}".formatted(request, name, body), true)
                .join();
    }

    /// Sends a request and waits for its answer.
    JsonNode ask(String name, String body) throws InterruptedException {
        int request = ++asked;
        send(request, name, body);
        return answer(request);
    }

    /// Sends a submission that must be accepted.
    void askAccepted(String name, String body) throws InterruptedException {
        var answer = ask(name, body);
        assertThat(answer.has("accepted")).as(answer.toString()).isTrue();
    }

    JsonNode answer(int request) throws InterruptedException {
        for (var frame : passedOver) {
            if (frame.path("requestId").asInt() == request) {
                passedOver.remove(frame);
                return frame;
            }
        }
        while (true) {
            var frame = next();
            if (frame.path("requestId").asInt() == request) {
                return frame;
            }
            passedOver.add(frame);
        }
    }

    private JsonNode next() throws InterruptedException {
        var frame = frames.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(frame).as("no answer; came: %s", passedOver).isNotNull();
        return frame;
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            text.toString().lines().map(JSON::readTree).forEach(frames::add);
            text.setLength(0);
        }
        socket.request(1);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
        webSocket.abort();
        http.close();
    }
}
