package io.lockstep.cli;

import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/// Calls the operations on groups of a server's operations port.
final class OperatorClient {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Longer than a server takes: it closes a connection after 15 s.
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final URI operations;
    private final String token;

    OperatorClient(URI operations, String token) {
        this.operations = operations;
        this.token = token;
    }

    JsonNode get(String path) {
        return call(HttpRequest.newBuilder(operations.resolve(path)).GET());
    }

    JsonNode describe(GroupId group) {
        return get("/groups/" + GroupArgument.path(group));
    }

    JsonNode command(GroupId group, String command, Map<String, ?> body) {
        return call(
                HttpRequest.newBuilder(
                                operations.resolve(
                                        "/groups/" + GroupArgument.path(group) + "/" + command))
                        .header("content-type", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofByteArray(
                                        JSON.writeValueAsBytes(body))));
    }

    private JsonNode call(HttpRequest.Builder request) {
        try (var http = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            var response =
                    http.send(
                            request.header("authorization", "Bearer " + token)
                                    .timeout(PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
            var body = JSON.readTree(response.body());
            if (response.statusCode() == 200) {
                return body;
            }
            throw new CommandFailure(
                    "the server refused it: "
                            + body.path("code").asString("status " + response.statusCode())
                            + " ("
                            + body.path("detail").asString("")
                            + ")");
        } catch (IOException e) {
            throw new CommandFailure("the operations port " + operations + " cannot be used: " + e);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("the token file holds no token");
        } catch (JacksonException e) {
            throw new CommandFailure(operations + " is not the operations port of a server");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted");
        }
    }
}
