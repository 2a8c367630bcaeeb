package io.lockstep.e2e;

import io.lockstep.auth.ClientId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// One client's HTTP calls to the KeyPackage directory, with the JDK's client, one at a time.
final class DirectoryCalls implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final KillableServer server;
    private final ClientId client;

    DirectoryCalls(KillableServer server, ClientId client) {
        this.server = server;
        this.client = client;
    }

    JsonNode publish(byte[] body) {
        return JSON.readTree(call("/v1/key-packages", "message/mls", body).body());
    }

    /// Claims one KeyPackage of suite 1 for each of the user's devices.
    JsonNode claim(String user) {
        var answer =
                call(
                        "/v1/users/" + user + "/key-packages/claim",
                        "application/json",
                        "{\"suites\":[1]}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return JSON.readTree(answer.body());
    }

    /// Claims suite 1 for many users; returns the lines of the answer.
    java.util.List<JsonNode> claimAll(java.util.List<String> users) {
        var body =
                JSON.writeValueAsBytes(java.util.Map.of("users", users, "suites", new int[] {1}));
        return call("/v1/key-packages/claim", "application/json", body)
                .body()
                .lines()
                .map(JSON::readTree)
                .toList();
    }

    private HttpResponse<String> call(String path, String type, byte[] body) {
        var request =
                HttpRequest.newBuilder(server.http().resolve(path))
                        .header("authorization", "Bearer dev:" + client)
                        .header("content-type", type)
                        .POST(BodyPublishers.ofByteArray(body))
                        .build();
        try {
            var answer = http.send(request, BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(answer.statusCode() + " " + answer.body());
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
