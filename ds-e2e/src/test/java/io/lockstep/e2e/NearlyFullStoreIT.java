package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A load fills a Redis of about 64 MiB: additions are refused before Redis refuses writes, what frees
/// memory goes on, and the server recovers by itself.
final class NearlyFullStoreIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int OTHER_BYTES = 54 << 20;
    private static final int MESSAGE_BYTES = 40_000;

    /// Of other data, between the marks: the load has to add a few MiB only.
    private static final double FILLED = 0.86;

    private static final GroupId HERS = MlsBytes.group("hers");
    private static final GroupId HIS = MlsBytes.group("his");

    @TempDir private Path folder;
    private KillableServer server;
    private HttpClient http;
    private long max;
    private int markers;

    @BeforeEach
    void start() {
        server = KillableServer.start(folder);
        http = HttpClient.newHttpClient();
    }

    @AfterEach
    void stop() {
        http.close();
        server.close();
    }

    // PROTOCOL R-ROOM-1 R-ROOM-2
    @Test
    void additionsStopBeforeRedisRefusesWritesAndComeBack() throws Exception {
        try (var alice = new JsonSession(server, "alice/phone");
                var bob = new JsonSession(server, "bob/phone")) {
            alice.askAccepted("create", create(HERS));
            bob.askAccepted("create", create(HIS));
            var redis = RedisClient.create(server.redis());
            try (var connection = redis.connect()) {
                fill(connection.sync());
                var refused = sendUntilRefused(alice);
                assertThat(refused.path("code").asString()).isEqualTo("overloaded");
                assertThat(refused.path("retry").asString()).isEqualTo("RETRY_LATER");
                assertThat(refused.path("retryAfterMillis").asInt()).isEqualTo(5_000);
                assertThat(connection.sync().info("errorstats")).doesNotContain("errorstat_OOM");

                assertOverloaded(bob.ask("send", message(HIS, 100)));
                assertOverloaded(bob.ask("commit", commit(HIS)));
                assertOverloaded(bob.ask("create", create(MlsBytes.group("more"))));
                assertOthersGoOn(bob);
                assertThat(ready()).contains("\"status\":\"up\"").contains("nearly full");

                // Her messages are gone, and the rest is still above the low mark.
                assertThat(server.delete(path(HERS), "dev:alice/phone")).isEqualTo(204);
                assertThat(usedShare(connection.sync())).isBetween(0.85, 0.9);
                assertOverloaded(bob.ask("send", message(HIS, 100)));

                connection.sync().del("test:fill");
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> bob.ask("send", message(HIS, 100)).has("accepted"));
                assertThat(ready()).contains("\"status\":\"up\"").doesNotContain("nearly full");
                assertThat(connection.sync().info("errorstats")).doesNotContain("errorstat_OOM");
            } finally {
                redis.shutdown();
            }
        }
    }

    private void fill(RedisCommands<String, String> redis) {
        redis.setrange("test:fill", OTHER_BYTES, "x");
        max = (long) (used(redis) / FILLED);
        redis.configSet("maxmemory", Long.toString(max));
        // From here on the server measures every 200 ms.
        Awaitility.await()
                .atMost(PATIENCE)
                .until(() ->
                        get(server.operations() + "/metrics")
                                .lines()
                                .filter(line -> line.startsWith("lockstep_redis_memory_used_bytes"))
                                .map(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                                .allMatch(used -> used > max * 0.855));
    }

    private JsonNode sendUntilRefused(JsonSession alice) throws Exception {
        for (int i = 0; i < max / MESSAGE_BYTES; i++) {
            var answer = alice.ask("send", message(HERS, MESSAGE_BYTES));
            if (answer.has("refused")) {
                return answer.get("refused");
            }
        }
        throw new AssertionError("nothing was refused");
    }

    /// Reads, ephemeral messages, acknowledgements, deletions and claims.
    private void assertOthersGoOn(JsonSession bob) throws Exception {
        bob.send(++markers, "attach", "{\"cursor\":{\"groupId\":\"%s\"}}".formatted(id(HIS)));
        bob.askAccepted(
                "send",
                "{\"ephemeral\":true,\"message\":\"%s\"}"
                        .formatted(base64(MlsBytes.application(HIS, 0, ++markers, 20))));
        assertThat(call("GET", "/v1/inbox", "").statusCode()).isEqualTo(200);
        assertThat(
                        call("POST", "/v1/users/carol/key-packages/claim", "{\"suites\":[1]}")
                                .statusCode())
                .isEqualTo(404);
        assertThat(call("PUT", "/v1/claim-policy", "{\"everyone\":true}").statusCode())
                .isEqualTo(503);
        assertThat(server.delete("/v1/account", "dev:carol/phone")).isEqualTo(204);
    }

    private HttpResponse<String> call(String method, String path, String json) throws Exception {
        return http.send(
                HttpRequest.newBuilder(server.http().resolve(path))
                        .header("Authorization", "Bearer dev:bob/phone")
                        .header("Content-Type", "application/json")
                        .method(
                                method,
                                json.isEmpty()
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(json))
                        .build(),
                BodyHandlers.ofString());
    }

    private String get(String uri) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString())
                .body();
    }

    private String ready() throws Exception {
        return get(server.operations() + "/readyz");
    }

    private static void assertOverloaded(JsonNode answer) {
        assertThat(answer.path("refused").path("code").asString())
                .as(answer.toString())
                .isEqualTo("overloaded");
    }

    private static long used(RedisCommands<String, String> redis) {
        return redis.info("memory")
                .lines()
                .filter(line -> line.startsWith("used_memory:"))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
                .findFirst()
                .orElseThrow();
    }

    private double usedShare(RedisCommands<String, String> redis) {
        return used(redis) / (double) max;
    }

    private static String create(GroupId group) {
        return "{\"groupId\":\"%s\"}".formatted(id(group));
    }

    private String message(GroupId group, int bytes) {
        return "{\"message\":\"%s\"}"
                .formatted(base64(MlsBytes.application(group, 0, ++markers, bytes)));
    }

    private String commit(GroupId group) {
        return "{\"message\":\"%s\"}".formatted(base64(MlsBytes.commit(group, 0, ++markers, 100)));
    }

    private static String id(GroupId group) {
        return base64(group.bytes());
    }

    private static String path(GroupId group) {
        return "/v1/groups/"
                + Base64.getUrlEncoder().withoutPadding().encodeToString(group.bytes().toArray());
    }

    private static String base64(Bytes bytes) {
        return Base64.getEncoder().encodeToString(bytes.toArray());
    }
}
