package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A device is revoked at one server process; its session is with the other.
final class DeviceIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path folder;

    @Test
    void aDeviceRevokedOnOneServerIsPutOutOfTheOther() throws Exception {
        try (var first = ServerProcess.start(folder.resolve("a"))) {
            Files.createDirectories(folder.resolve("b"));
            Files.copy(
                    folder.resolve("a").resolve("deployment.key"),
                    folder.resolve("b").resolve("deployment.key"));
            try (var second = ServerProcess.start(folder.resolve("b"), "--redis", first.redis());
                    var network = ClientNetwork.start(1);
                    var phone = client(network, second, "dev:alice/phone");
                    var laptop = client(network, second, "dev:alice/laptop")) {
                var events = new CopyOnWriteArrayList<ClientEvent>();
                phone.events().subscribe(events::add);
                phone.connect().block(PATIENCE);
                laptop.connect().block(PATIENCE);

                assertThat(delete(first, "/v1/devices/phone", "dev:alice/laptop")).isEqualTo(204);

                Awaitility.await()
                        .atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(codes(events)).contains(4012));
                for (var server : List.of(first, second)) {
                    assertThat(delete(server, "/v1/devices/laptop", "dev:alice/phone"))
                            .isEqualTo(403);
                    try (var again = client(network, server, "dev:alice/phone")) {
                        assertThatExceptionOfType(RuntimeException.class)
                                .isThrownBy(() -> again.connect().block(PATIENCE));
                    }
                }
                assertThat(laptop.directory().count().block(PATIENCE)).isNotNull();
            }
        }
    }

    private static List<Integer> codes(List<ClientEvent> events) {
        return events.stream()
                .filter(ClientEvent.Disconnected.class::isInstance)
                .map(e -> ((ClientEvent.Disconnected) e).code())
                .toList();
    }

    private static int delete(ServerProcess server, String path, String token) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var request =
                    HttpRequest.newBuilder(URI.create(server.http() + path))
                            .header("Authorization", "Bearer " + token)
                            .DELETE()
                            .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    private static LockstepClient client(
            ClientNetwork network, ServerProcess server, String token) {
        return LockstepClient.create(
                network,
                ClientConfig.of(
                        server.webSocket(),
                        server.http(),
                        () -> token,
                        Backoff.ofDefaults(new Random(4012))));
    }
}
