package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A device is revoked on one server process while its session is on the other.
final class DeviceIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path folder;

    // PROTOCOL R-DEV-1
    @Test
    void aDeviceRevokedOnOneServerIsDisconnectedFromTheOther() throws Exception {
        try (var first = KillableServer.start(folder.resolve("a"))) {
            try (var second = first.startPeer(folder.resolve("b"));
                    var network = ClientNetwork.start(1);
                    var phone = client(network, second, "alice/phone");
                    var laptop = client(network, second, "alice/laptop")) {
                var events = new CopyOnWriteArrayList<ClientEvent>();
                phone.events().subscribe(events::add);
                phone.connect().block(PATIENCE);
                laptop.connect().block(PATIENCE);

                assertThat(first.delete("/v1/devices/phone", "dev:alice/laptop")).isEqualTo(204);

                Awaitility.await()
                        .atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(codes(events)).contains(4012));
                for (var server : List.of(first, second)) {
                    assertThat(server.delete("/v1/devices/laptop", "dev:alice/phone"))
                            .isEqualTo(403);
                    try (var again = client(network, server, "alice/phone")) {
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

    private static LockstepClient client(
            ClientNetwork network, KillableServer server, String name) {
        return Clients.create(network, server, name, Backoff.ofDefaults(new Random(4012)));
    }
}
